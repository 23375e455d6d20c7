"""Whom to go after: the parties that nobody has invited, and whoever has not done what the round asks of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from matcher.domain.roles import Principal
from matcher.files.reminder_sheet import Reminder
from matcher.pages.chosen import pick_counted
from matcher.pages.frame import door_link
from matcher.pages.grid import ROWS, Column, grid, rest, searched, table
from matcher.pages.markup import notice, tag, text
from matcher.pages.record_fields import capital
from matcher.pages.words import Words
from matcher.services.admission import Admission, state_of
from matcher.services.reminding import reminders_of
from matcher.store import Store
from matcher.store.entities import Round


def invite_all(say: Words, round_: Round, found: Admission) -> None:
    """Lead to the sheets of invitations, and list whom they would be for."""
    waiting = sum(state_of(status) == "invited" for status in found.accounts)
    with st.container(border=True, key="card-invite"):
        st.header(say("page.accounts.invite_all"), anchor=False)
        values = {"count": len(found.uninvited), "waiting": waiting, "parties": sum(map(len, found.parties.values()))}
        st.html(tag("p", text(say("page.accounts.invite_all.note", values)), "quiet"))
        path = f"/export/round/{round_.id}/invitations"
        label = say("page.accounts.invite_all.do")
        door_link(say, label, path, icon="print", is_primary=bool(found.uninvited))
    with st.container(border=True, key="card-uninvited"):
        st.header(say("page.accounts.uninvited"), anchor=False)
        if not found.uninvited:
            st.html(notice(say("page.accounts.uninvited.none"), [say("page.accounts.uninvited.none.hint")]))
            return
        rows = [
            {
                "side": say(f"value.side.{one.side}"),
                "party": one.own_id,
                "name": one.name,
                "account": say(f"page.accounts.uninvited.{'has' if one.has_account else 'gets'}"),
            }
            for one in found.uninvited
        ]
        widths = {"side": 80, "party": 120, "name": 420, "account": 260}
        labels = {name: capital(say(f"papers.reminder.{name}")) for name in ("side", "party", "name")}
        labels["account"] = say("page.title.accounts")
        rows = searched(say, rows, "uninvited", say("page.accounts.uninvited.search"))
        _listed(say, rows, {name: Column(labels[name], width) for name, width in widths.items()}, "uninvited")


def remind(say: Words, store: Store, who: Principal, round_: Round) -> None:
    """List who has not acted, and lead to the list with how to reach them, which goes on record."""
    found = reminders_of(store, who, round_.id)
    with st.container(border=True, key="card-remind"):
        st.header(say("page.accounts.remind"), anchor=False)
        if not found:
            st.html(notice(say("page.accounts.remind.none"), [say("page.accounts.remind.none.hint")]))
            return
        people = len({(one.side, one.party) for one in found})
        st.html(tag("p", text(say("page.accounts.remind.note", {"count": len(found), "people": people})), "quiet"))
        path = f"/export/round/{round_.id}/reminders.xlsx"
        door_link(say, say("page.accounts.remind.do"), path, icon="download", is_primary=True)
        count = Counter(map(_short, found))
        label = say("papers.reminder.matter")
        matter = pick_counted(say, label, count, "matter", lambda name: capital(say(f"page.matter.{name}")))
        wanted = [one for one in found if matter in ("all", _short(one))]
        rows = [
            {
                "side": say(f"value.side.{one.side}"),
                "party": one.party,
                "name": one.name,
                "place": one.place,
                "matter": capital(say(f"page.matter.{_short(one)}")),
                "sentence": say.say(one.matter),
                "about": one.about,
                "until": one.until,
            }
            for one in wanted
        ]
        widths = {"side": 60, "party": 76, "name": 230, "place": 150, "matter": 120, "about": 330, "until": 100}
        columns = {name: Column(capital(say(f"papers.reminder.{name}")), width) for name, width in widths.items()}
        rows = searched(say, rows, "reminder", say("page.accounts.remind.search"))
        st.html(tag("p", text(say("page.accounts.remind.shown", {"shown": len(rows), "count": len(found)})), "quiet"))
        _listed(say, rows, columns, "reminders")


def _short(reminder: Reminder) -> str:
    return reminder.matter.code.removeprefix("papers.matter.")


def _listed(say: Words, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Column], name: str) -> None:
    """Show rows as a grid; where the screen is narrow, the first of them as a plain table."""
    with st.container(key="wide"):
        grid(say, rows, columns, name=name, alt=say(f"page.accounts.{name}.alt", {"count": len(rows)}))
    with st.container(key="narrow"):
        plain = {key: column.label for key, column in columns.items()}
        st.html(table(plain, rows[:ROWS], name) + rest(say, len(rows) - ROWS))
