"""Stable matchings by `matching` and `algmatch`; instances and answers as in ``instances.py``."""

import itertools
import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import algmatch  # ty: ignore[import-not-found]  # this and the next two are of the oracles' environment
import matching.games  # ty: ignore[import-not-found]
from algmatch.utils import HREnumerator  # ty: ignore[import-not-found]

from benchmarks.oracles.instances import Instance

Pairs = list[tuple[str, str]]
Lists = dict[str, list[str]]


def _lists(instance: Instance) -> tuple[Lists, Lists]:
    """List each need's experts and each expert's needs, best first; of those who have somebody."""
    needs, experts = defaultdict(list), defaultdict(list)
    for need, expert, firm_fit, expert_fit in instance["pairs"]:
        needs[need].append((-firm_fit, expert))
        experts[expert].append((-expert_fit, need))
    return _sorted(needs), _sorted(experts)


def _sorted(lists: dict[str, list[tuple[int, str]]]) -> Lists:
    return {name: [other for _, other in sorted(own)] for name, own in lists.items()}


def sides(instance: Instance) -> tuple[bool, Lists, Lists, dict[str, int]]:
    """Tell whether needs are the hospitals; the residents' lists, the hospitals', and how many these take."""
    needs, experts = _lists(instance)
    if max(instance["seats"].values()) == 1:
        return True, experts, needs, instance["places"]
    if max(instance["places"].values()) == 1:
        return False, needs, experts, instance["seats"]
    raise ValueError("one side must have one place each")


def _pairs(taken: Mapping[Any, Sequence[Any]], *, hospitals_are_needs: bool) -> Pairs:
    found = [(str(hospital), str(resident)) for hospital, residents in taken.items() for resident in residents]
    return sorted(found if hospitals_are_needs else [(resident, hospital) for hospital, resident in found])


def matching_optima(instance: Instance) -> dict[str, Pairs]:
    """Find the best stable matching of each side by ``matching.games.HospitalResident``."""
    needs_take, residents, hospitals, places = sides(instance)
    found = {}
    for optimal, proposer in (("hospital", "firms"), ("resident", "experts")):
        game = matching.games.HospitalResident.create_from_dictionaries(residents, hospitals, places)
        solved = {hospital.name: [r.name for r in taken] for hospital, taken in game.solve(optimal).items()}
        found[proposer if needs_take else {"firms": "experts", "experts": "firms"}[proposer]] = _pairs(
            solved, hospitals_are_needs=needs_take
        )
    return found


def matching_blocking(instance: Instance) -> Pairs:
    """List the pairs that block ``instance["placed"]`` by ``HospitalResident.check_stability``."""
    needs_take, residents, hospitals, places = sides(instance)
    game = matching.games.HospitalResident.create_from_dictionaries(residents, hospitals, places)
    resident = {player.name: player for player in game.residents}
    hospital = {player.name: player for player in game.hospitals}
    for need, expert in instance["placed"]:
        one, many = (resident[expert], hospital[need]) if needs_take else (resident[need], hospital[expert])
        one.matching = many
        many.matching.append(one)
    game.check_stability()
    found = [(many.name, one.name) for one, many in game.blocking_pairs]
    return sorted(found if needs_take else [(one, many) for many, one in found])


class Numbered:
    """A hospital-residents instance as algmatch reads it: numbers from 1, ``r`` and ``h`` before them in answers."""

    def __init__(self, instance: Instance) -> None:
        self.needs_take, self.residents, self.hospitals, self.places = sides(instance)
        self.resident = {name: k for k, name in enumerate(sorted(self.residents), 1)}
        self.hospital = {name: k for k, name in enumerate(sorted(self.hospitals), 1)}
        self.names = {f"r{k}": name for name, k in self.resident.items()}
        self.names |= {f"h{k}": name for name, k in self.hospital.items()}

    def dictionary(self, residents: Mapping[str, list], hospitals: Mapping[str, list]) -> Instance:
        """Write down lists, by number, whose entries are names or tuples of names, which tie."""
        return {
            "residents": {k: _number(residents[name], self.hospital) for name, k in self.resident.items()},
            "hospitals": {
                k: {"capacity": self.places[name], "preferences": _number(hospitals[name], self.resident)}
                for name, k in self.hospital.items()
            },
        }

    def pairs(self, resident_sided: Mapping[str, str]) -> Pairs:
        """Name the pairs of an answer."""
        found = [(self.names[h], self.names[r]) for r, h in resident_sided.items() if h]
        return sorted(found if self.needs_take else [(r, h) for h, r in found])


def _number(entries: list, numbers: Mapping[str, int]) -> list:
    return [tuple(numbers[n] for n in entry) if isinstance(entry, tuple) else numbers[entry] for entry in entries]


def algmatch_optima(instance: Instance) -> dict[str, Pairs]:
    """Find the best stable matching of each side by ``algmatch.HR``, which checks what it found."""
    own = Numbered(instance)
    dictionary = own.dictionary(own.residents, own.hospitals)
    sides = {"hospitals": own.needs_take, "residents": not own.needs_take}
    found = {}
    for side, is_firms in sides.items():
        solved = algmatch.HR(dictionary=dictionary, optimised_side=side).get_stable_matching()
        found["firms" if is_firms else "experts"] = own.pairs(solved["resident_sided"])
    return found


def algmatch_all_stable(instance: Instance) -> list[Pairs]:
    """
    List all weakly stable matchings.

    A matching is weakly stable exactly when it is stable in some way of breaking the ties (Manlove et al. 2002):
    algmatch's enumerator runs on each of them.
    """
    own = Numbered(instance)
    found: set[tuple[tuple[str, str], ...]] = set()
    tied_residents, tied_hospitals = _tied_lists(instance, own)
    for residents in _broken(tied_residents):
        for hospitals in _broken(tied_hospitals):
            enumerator = HREnumerator(own.dictionary(residents, hospitals))
            enumerator.find_stable_matchings()
            found |= {tuple(own.pairs(solved["resident_sided"])) for solved in enumerator.stable_matching_list}
    return sorted(list(pairs) for pairs in found)


def algmatch_stronger(instance: Instance) -> dict[str, Pairs | None]:
    """Find a super-stable and a strongly stable matching by ``algmatch.HRT``, for each side; None where none is."""
    own = Numbered(instance)
    found = {}
    for kind, side in itertools.product(("super", "strong"), ("residents", "hospitals")):
        dictionary = own.dictionary(*_tied_lists(instance, own))
        solved = algmatch.HRT(dictionary=dictionary, optimised_side=side, stability_type=kind).get_stable_matching()
        found[f"{kind} {side}"] = solved and own.pairs(solved["resident_sided"])
    return found


def _tied_lists(instance: Instance, own: Numbered) -> tuple[dict[str, list], dict[str, list]]:
    """Make lists of tuples, one a tier, of the residents and of the hospitals."""
    tiers: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for need, expert, firm_fit, expert_fit in instance["pairs"]:
        tiers[need][-firm_fit].append(expert)
        tiers[expert][-expert_fit].append(need)
    lists = {name: [tuple(own_tiers[fit]) for fit in sorted(own_tiers)] for name, own_tiers in tiers.items()}
    return {name: lists[name] for name in own.residents}, {name: lists[name] for name in own.hospitals}


def _broken(lists: Mapping[str, list[tuple[str, ...]]]) -> Iterator[dict[str, list[str]]]:
    """Every way of breaking the ties of one side."""
    ways = [
        [list(itertools.chain(*order)) for order in itertools.product(*map(itertools.permutations, tiers))]
        for tiers in lists.values()
    ]
    for way in itertools.product(*ways):
        yield dict(zip(lists, way, strict=True))


def _supervisors(instance: Instance) -> Lists:
    """List, best first, the students who name a project of each supervisor."""
    known = defaultdict(set)
    for project, student, *_ in instance["pairs"]:
        known[instance["supervisor_of"][project]].add(student)
    order = list(instance["seats"])
    return {
        supervisor: sorted(students, key=lambda s, ranks=instance["ranked"][supervisor]: -ranks[order.index(s)])
        for supervisor, students in known.items()
    }


def matching_projects(instance: Instance) -> dict[str, Pairs]:
    """Find both optima of student-project allocation by ``matching.games.StudentAllocation``."""
    _, students = _lists(instance)
    supervisors, places = _supervisors(instance), dict(instance["places"])
    most = {f"s{k}": limit["maximum"] for k, limit in enumerate(instance["quotas"])}
    found = {}
    for optimal, proposer in (("supervisor", "firms"), ("student", "experts")):
        game = matching.games.StudentAllocation.create_from_dictionaries(
            students, supervisors, instance["supervisor_of"], places, most
        )
        solved = {project.name: [s.name for s in taken] for project, taken in game.solve(optimal).items()}
        found[proposer] = _pairs(solved, hospitals_are_needs=True)
    return found


def algmatch_projects(instance: Instance) -> dict[str, Pairs]:
    """Find both optima of student-project allocation by ``algmatch.SPAS``, which checks what it found."""
    _, students = _lists(instance)
    supervisors = _supervisors(instance)
    student, project, supervisor = (
        {name: k for k, name in enumerate(side, 1)} for side in (students, instance["places"], supervisors)
    )
    most = {f"s{k}": limit["maximum"] for k, limit in enumerate(instance["quotas"])}
    dictionary = {
        "students": {k: [project[p] for p in students[s]] for s, k in student.items()},
        "projects": {
            k: {"capacity": instance["places"][p], "lecturer": supervisor[instance["supervisor_of"][p]]}
            for p, k in project.items()
        },
        "lecturers": {
            k: {"capacity": most[s], "preferences": [student[name] for name in supervisors[s]]}
            for s, k in supervisor.items()
        },
    }
    names = {f"s{k}": name for name, k in student.items()} | {f"p{k}": name for name, k in project.items()}
    found = {}
    for side, proposer in (("lecturers", "firms"), ("students", "experts")):
        solved = algmatch.SPAS(dictionary=dictionary, optimised_side=side).get_stable_matching()
        found[proposer] = sorted((names[p], names[s]) for s, p in solved["student_sided"].items() if p)
    return found


warnings.simplefilter("ignore")  # `matching` warns of every player whom nobody lists
