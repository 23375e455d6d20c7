"""A small city with a bit of everything: firms of several needs, wishes, vetoes, two townships, two institutions."""

import random
from pathlib import Path
from typing import NamedTuple

import pytest

from matcher import cli
from matcher.language import use

TRADES = ("电机降噪", "茶叶烘干", "丝绸印染", "燃气灶具", "轴承磨削", "模具注塑")
SETTINGS = """
[ranking]
min_fit = 0.05
[assignment]
objective = "{objective}"
keep_bonus = {bonus}
locks = [["F05", "E02"]]
bans = [["F01", "E05"]]
[[assignment.quotas]]
column = "township"
maximum = {maximum}
[[assignment.quotas]]
column = "institution"
value = "越州大学"
minimum = {minimum}
"""


class City(NamedTuple):
    """Paths of a small city's files."""

    experts: Path
    firms: Path
    keep: Path
    folder: Path

    def settings(self, objective: str, *, minimum: int = 0, maximum: int = 6) -> Path:
        """Write a settings file with quotas, a lock and a ban."""
        bonus = 0 if objective == "stable" else 0.05
        text = SETTINGS.format(objective=objective, bonus=bonus, minimum=minimum, maximum=maximum)
        path = self.folder / f"{objective}-{minimum}-{maximum}.toml"
        path.write_text(text, encoding="utf-8")
        return path


def run(*words: object) -> int:
    """Run the command in this process and give its exit code."""
    with pytest.raises(SystemExit) as ended:
        cli.main([str(word) for word in words])
    use("zh")
    return int(ended.value.code or 0)


def city_in(folder: Path) -> City:
    """Write the files of the city."""
    luck = random.Random(3)  # noqa: S311 - a small city, no secret
    experts = ["expert_id,name,institution,research_fields,capacity,preferred_firms,vetoed_firms"]
    for k in range(1, 15):
        fields = "、".join(luck.sample(TRADES, 2))
        school = "越州大学" if k % 3 else "会稽学院"
        wish = f"F{luck.randint(6, 12):02}" if k % 4 == 0 else ""
        experts.append(f"E{k:02},某{k},{school},{fields},{1 + (k % 5 == 0)},{wish},{'F06' if k == 7 else ''}")
    firms = ["firm_id,need_id,name,township,industry,need_title,capacity,preferred_experts"]
    for k in range(1, 13):
        town = "甘霖镇" if k % 2 else "三界镇"
        for part in ("-1", "-2") if k % 6 == 0 else ("",):
            wish = f"E{luck.randint(1, 14):02}" if k % 3 == 0 else ""
            title = "、".join(luck.sample(TRADES, 2))
            firms.append(f"F{k:02},F{k:02}{part},某厂{k},{town},制造,{title},{1 + (k % 4 == 0)},{wish}")
    (folder / "experts.csv").write_text("\n".join(experts) + "\n", encoding="utf-8")
    (folder / "firms.csv").write_text("\n".join(firms) + "\n", encoding="utf-8")
    keep = "need_id,expert_id\nF02,E03\nF03,E04\nF07,E05\nF99,E05\n"
    (folder / "keep.csv").write_text(keep, encoding="utf-8")
    return City(folder / "experts.csv", folder / "firms.csv", folder / "keep.csv", folder)
