"""
Who may call what: one table of every use case, and the check that each goes through.

A use case is a public function of `matcher.services` whose first parameter is the store and whose second is who acts.
It wears `permitted`, which looks its rule up here by ``module.function``; without a rule, its module does not import.
What people see of a row is the business of the use case itself, such as `matcher.services.own`.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from matcher.domain.errors import ChangedMeanwhile, NotAllowed
from matcher.domain.messages import Message
from matcher.domain.records import Need
from matcher.domain.roles import PARTIES, ROLES, Principal, Role
from matcher.domain.settings import Side
from matcher.services.meanwhile import for_party
from matcher.store import Reader, Store
from matcher.store.entities import NeedForm, PlacedPair

P = ParamSpec("P")
R = TypeVar("R")

Party = tuple[Side, str]
"""A firm, or an expert, by its id."""
Owners = Callable[[Reader, Mapping[str, Any]], set[Party]]
"""Finds whose matter a call is, from its arguments: any of them may call it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """
    Who may call a use case.

    Parameters
    ----------
    roles : frozenset of str
        With whatever arguments.
    owners : callable or None
        A party may call it too where the matter is its own.
    """

    roles: frozenset[Role]
    owners: Owners | None = None


def _of_record(view: Reader, arguments: Mapping[str, Any]) -> set[Party]:
    """Whose form it is, and was: a need does not pass from one firm to another."""
    record = arguments["record"]
    if not isinstance(record, Need):
        return {("expert", record.expert_id)}
    stored = view.find(NeedForm, round_id=arguments["round_id"], need_id=record.need_id)
    return {("firm", record.firm_id)} if stored is None or stored.record.firm_id == record.firm_id else set()


def _of_form(view: Reader, arguments: Mapping[str, Any]) -> set[Party]:
    """Whose form it is, as it stands in the database, not as whoever calls says."""
    form = arguments["form"]
    return _of_side(view, {"round_id": form.round_id, "own_id": form.own_id, "side": _side_of(form)})


def _of_side(view: Reader, arguments: Mapping[str, Any]) -> set[Party]:
    """Whose need, or which expert, is named by its id."""
    if arguments["side"] == "expert":
        return {("expert", arguments["own_id"])}
    found = view.find(NeedForm, round_id=arguments["round_id"], need_id=arguments["own_id"])
    return set() if found is None else {("firm", found.record.firm_id)}


def _of_party(_view: Reader, arguments: Mapping[str, Any]) -> set[Party]:
    """Which firm, or expert, is named by its id."""
    return {(arguments["side"], arguments["own_id"])}


def _of_placement(view: Reader, arguments: Mapping[str, Any]) -> set[Party]:
    """Who is placed with whom; where the call speaks for a side, that side alone."""
    placed = view.find(PlacedPair, id=arguments["placement_id"])
    both = set() if placed is None else {("firm", placed.firm_id), ("expert", placed.expert_id)}
    return {party for party in both if arguments.get("side", party[0]) == party[0]}


def _side_of(form: object) -> Side:
    return "firm" if isinstance(form, NeedForm) else "expert"


_OFFICE = Rule(frozenset({"administrator"}))
_DESK = Rule(frozenset({"administrator", "analyst"}))
_EVERYBODY = Rule(frozenset(ROLES))


def _or_own(owners: Owners) -> Rule:
    return Rule(_OFFICE.roles, owners)


def _own(owners: Owners) -> Rule:
    """Let parties alone: the office looks into wishes by calls that write down that it did."""
    return Rule(frozenset(), owners)


RULES: Mapping[str, Rule] = {
    "accounts.account_named": _OFFICE,
    "accounts.accounts": _OFFICE,
    "accounts.add": _OFFICE,
    "accounts.change": _OFFICE,
    "accounts.disable": _OFFICE,
    "accounts.enable": _OFFICE,
    "accounts.invite": _OFFICE,
    "accounts.invite_parties": _OFFICE,
    "accounts.link": _OFFICE,
    "accounts.reset": _OFFICE,
    "accounts.revoke_invitation": _OFFICE,
    "accounts.unlink": _OFFICE,
    "consents.agree_for": _OFFICE,
    "admission.admission": _OFFICE,
    "consents.basis_of": _EVERYBODY,
    "consents.consents_of": _or_own(_of_party),
    "consents.record_basis": _OFFICE,
    "consents.state_consent": _or_own(_of_party),
    "drafts.drafts_of": _own(_of_party),
    "drafts.drop_draft": _own(_of_party),
    "drafts.keep_draft": _own(_of_party),
    "erasing.batches_over": _OFFICE,
    "erasing.erase_batch": _OFFICE,
    "erasing.erase_party": _OFFICE,
    "erasing.keep_until": _OFFICE,
    "exporting.export_round": _OFFICE,
    "exporting.place_round": _OFFICE,
    "feasibility.feasibility": _DESK,
    "feasibility.fixed_pairs": _OFFICE,
    "feasibility.groups": _DESK,
    "filling.advise": _own(_of_party),
    "filling.known_before": _own(_of_party),
    "filling.save": _own(_of_party),
    "filling.withdraw_form": _own(_of_party),
    "finding.choice": _own(_of_side),
    "finding.said_of": _own(_of_side),
    "following.assess": _or_own(_of_placement),
    "following.assessment_of": _or_own(_of_placement),
    "following.correct_service": _or_own(_of_placement),
    "following.days_served": _DESK,
    "following.end_placement": _OFFICE,
    "following.log_service": _or_own(_of_placement),
    "following.service_log": _or_own(_of_placement),
    "following.wish_renewal": _or_own(_of_placement),
    "following.withdraw_service": _or_own(_of_placement),
    "forms.accept_form": _OFFICE,
    "forms.accept_forms": _OFFICE,
    "forms.forms": _DESK,
    "forms.own_forms": _or_own(_of_party),
    "forms.record_consent": _OFFICE,
    "forms.return_form": _OFFICE,
    "forms.submit_form": _or_own(_of_form),
    "forms.write_form": _or_own(_of_record),
    "importing.apply": _OFFICE,
    "importing.import_new": _OFFICE,
    "importing.preview": _OFFICE,
    "in_force.pairs_in_force": _OFFICE,
    "in_force.reach": _OFFICE,
    "inviting.invitation_sheets": _OFFICE,
    "inviting.sheet_warnings": _OFFICE,
    "log.entries": _OFFICE,
    "log_desk.head": _OFFICE,
    "log_desk.in_log": _OFFICE,
    "log_desk.verified": _OFFICE,
    "naming.known_names": _own(_of_party),
    "next_steps.next_steps": _own(_of_party),
    "notices.look_at_span": _OFFICE,
    "notices.notices": _OFFICE,
    "notices.number_used": _OFFICE,
    "notices.propose_span": _OFFICE,
    "outcomes.compare": _DESK,
    "outcomes.difference": _DESK,
    "outcomes.preview_ban": _OFFICE,
    "outcomes.preview_lock": _OFFICE,
    "outcomes.preview_replacement": _OFFICE,
    "outcomes.preview_swap": _OFFICE,
    "overview.overview": _OFFICE,
    "own_results.own_results": _or_own(_of_party),
    "own_results.published_now": _EVERYBODY,
    "own_results.why_own_pair": _or_own(_of_placement),
    "papers.agreements": _OFFICE,
    "papers.invitations": _OFFICE,
    "papers.letters": _OFFICE,
    "papers.list_csv": _DESK,
    "papers.notice": _OFFICE,
    "papers.own_agreement": _or_own(_of_placement),
    "papers.own_letter": _or_own(_of_placement),
    "papers.reminders": _OFFICE,
    "papers.workbook": _OFFICE,
    "preferences.all_preferences": _DESK,
    "preferences.counterparts": _or_own(_of_side),
    "preferences.preferences_of": _or_own(_of_side),
    "preferences.state_preferences": _or_own(_of_side),
    "preferences.withdraw_preferences": _or_own(_of_side),
    "privacy.correct_contact": _or_own(_of_party),
    "privacy.own_data": _or_own(_of_party),
    "proposing.answer": _or_own(_of_placement),
    "proposing.extend_answers": _OFFICE,
    "proposing.own_placements": _or_own(_of_party),
    "proposing.pairs_to_end": _OFFICE,
    "proposing.propose": _OFFICE,
    "publishing.activate": _OFFICE,
    "publishing.decide_objection": _OFFICE,
    "publishing.placements": _OFFICE,
    "publishing.publications": _DESK,
    "publishing.publish": _OFFICE,
    "publishing.published_files": _OFFICE,
    "publishing.published_list": _EVERYBODY,
    "publishing.receive_objection": _OFFICE,
    "publishing.withdraw_publication": _OFFICE,
    "reminding.reminders_of": _OFFICE,
    "reviewing.bars_against": _OFFICE,
    "reviewing.near_duplicates": _OFFICE,
    "reviewing.roll_of": _OFFICE,
    "rounds.advance": _OFFICE,
    "rounds.batch_of": _EVERYBODY,
    "rounds.batches": _EVERYBODY,
    "rounds.change_settings": _OFFICE,
    "rounds.last_round": _EVERYBODY,
    "rounds.open_batch": _OFFICE,
    "rounds.open_next_round": _OFFICE,
    "rounds.round_named": _EVERYBODY,
    "rounds.round_of": _EVERYBODY,
    "rounds.rounds": _EVERYBODY,
    "rounds.step_back": _OFFICE,
    "runs.cancel": _DESK,
    "runs.is_outdated": _DESK,
    "runs.queue": _DESK,
    "runs.run_of": _DESK,
    "runs.runs_of": _DESK,
    "scenario_file.create_from_file": _DESK,
    "scenario_file.settings_toml": _DESK,
    "scenarios.ban": _OFFICE,
    "scenarios.change_settings": _DESK,
    "scenarios.copy": _DESK,
    "scenarios.create": _DESK,
    "scenarios.lock": _OFFICE,
    "scenarios.rename": _DESK,
    "scenarios.replace_expert": _OFFICE,
    "scenarios.scenario_of": _DESK,
    "scenarios.scenarios": _DESK,
    "scenarios.swap": _OFFICE,
    "scenarios.unban": _OFFICE,
    "scenarios.unlock": _OFFICE,
    "showing.board_of": _OFFICE,
    "showing.note_look": _OFFICE,
    "standings.ranks_reached": _DESK,
    "standings.standings": _DESK,
    "signing_in.accept_statement": _EVERYBODY,
    "signing_in.change_password": _EVERYBODY,
    "standing.scenario_first": _DESK,
    "standing.standing": _OFFICE,
    "teaching.has_ratings": _DESK,
    "teaching.learned": _DESK,
    "trying.figures": _DESK,
    "trying.needs_to_try": _DESK,
    "trying.shortlists": _DESK,
    "veiled.result_of": _DESK,
    "veiled.shown_run": _DESK,
}
"""The rule of every use case."""

WITHOUT_A_PRINCIPAL: Mapping[str, str] = {
    **dict.fromkeys(
        ("runs.beat", "runs.claim", "runs.fail", "runs.finish", "runs.interrupt", "runs.tell_progress"),
        "a worker's, which knows the run as its own by a name of its own",
    ),
    **dict.fromkeys(
        (
            *("signing_in.invitation_of", "signing_in.redeem", "signing_in.sign_in", "signing_in.sign_in_by_identity"),
            *("signing_in.sign_out", "signing_in.signed_in", "throttling.confirm_not_throttled", "throttling.count"),
            *("devices.device_of", "devices.known_device"),
            *(
                "throttling.is_exhausted",
                "throttling.keys_of",
                "throttling.use_once",
                "tokens.code_digest",
                "tokens.keyed_digest",
            ),
        ),
        "of those who are nobody yet: what they bring is looked at, and tells who they are",
    ),
    "issuing.stationery_of": "what papers are written on: the bureau's own files, and whether it is a demonstration",
    **dict.fromkeys(
        ("opening.confirm_ready", "runs.interrupt_stale", "runs.next_queued", "supervising.execute"),
        "the service's own, which no page and no route reaches",
    ),
}
"""Functions of the services that no person calls, and why they ask for none."""


def permitted(call: Callable[Concatenate[Store, Principal, P], R]) -> Callable[Concatenate[Store, Principal, P], R]:
    """
    Let a use case be called by those alone whom its rule names; what a party is told is in its words.

    Raises
    ------
    KeyError
        When there is no rule for it: whoever writes a use case says who may call it.
    """
    rule = RULES[name_of(call)]
    signature = inspect.signature(call)

    @wraps(call)
    def checked(store: Store, who: Principal, *args: P.args, **kwargs: P.kwargs) -> R:
        _confirm(store, who, rule, signature.bind(store, who, *args, **kwargs).arguments)
        try:
            return call(store, who, *args, **kwargs)
        except ChangedMeanwhile as fault:
            raise (for_party(who, fault) if who.role in PARTIES else fault) from None

    return checked


def name_of(call: Callable[..., Any]) -> str:
    """Name a use case as `RULES` does."""
    return f"{call.__module__.rpartition('.')[2]}.{getattr(call, '__name__', '')}"


def _confirm(store: Store, who: Principal, rule: Rule, arguments: Mapping[str, Any]) -> None:
    if who.role == "machine" or who.role in rule.roles:
        return
    if rule.owners is None or who.role not in PARTIES:
        raise NotAllowed([Message("permissions.role", {"role": Message(f"value.role.{who.role}")})])
    with store.reading() as view:
        if (who.role, who.party) not in rule.owners(view, arguments):
            raise NotAllowed([Message("permissions.not_own")])
