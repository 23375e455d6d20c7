#!/usr/bin/env bash
# What the tests of pages and papers use of the system: Chromium, Chinese fonts, LibreOffice. Installed by apt where that
# may be; otherwise it says what is missing, and with CI=true that is a failure.
set -euo pipefail

missing() {
    command -v chromium > /dev/null || echo chromium
    fc-list :lang=zh 2> /dev/null | grep -q . || echo fontconfig fonts-noto-cjk
    command -v soffice > /dev/null || echo libreoffice-calc libreoffice-writer
}

wanted=$(missing | xargs)
[ -n "$wanted" ] || { echo "Chromium, Chinese fonts and LibreOffice are there"; exit 0; }
if [ "$(id -u)" -eq 0 ] && command -v apt-get > /dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086 - a list of packages
    apt-get install -qq --yes --no-install-recommends $wanted > /dev/null
    wanted=$(missing | xargs)
    [ -n "$wanted" ] || { echo "Installed Chromium, Chinese fonts and LibreOffice, as far as they were missing"; exit 0; }
fi
echo "Missing: $wanted. Tests that need them do not run; on Debian: apt install $wanted" >&2
[ "${CI:-}" != true ]
