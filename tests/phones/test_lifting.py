"""One exclusion lifted, by an administrator and with a reason."""

from contextlib import contextmanager

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from accounts.models import AuditEntry
from accounts.modules import Module
from callback import actions as desk
from phones import lifting, turns
from phones.batch_books import Books
from phones.models import Batch, Event, Exclusion, Phone, State

pytestmark = pytest.mark.django_db(transaction=True)

NUMBER = "19900000001"
OTHER = "19900000002"


@pytest.fixture
def administrator(make_administrator):
    return make_administrator("老张")


@pytest.fixture
def browser(administrator, sign_in):
    return sign_in(administrator)


@pytest.fixture
def lift(administrator, now):
    def lift(number=NUMBER, *, by=None, reason="客户又同意了"):
        return lifting.lift(number=number, by=by or administrator, reason=reason, now=now)

    return lift


@pytest.fixture
def classify(carrier, type_of, new_id, now):
    def classify(agent):
        phone = desk.take(agent=agent, carrier=carrier, now=now)
        desk.classify(
            agent=agent, token=phone.token, type=type_of(11), order_region=None, note="", request_id=new_id(), now=now
        )
        return phone

    return classify


@contextmanager
def someone_elses_turn():
    """An import or a revert is under way."""
    if turns.in_pieces():
        with turns.pieces(lambda: None):
            yield
        return
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [turns.KEY])
        yield
    finally:
        other.close()


def books_tie_out():
    return all(Books(batch).ties_out for batch in Batch.objects.all())


# ── What it does ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_lifted_number_is_pending_and_the_next_to_be_taken(bring_in, exclude, lift, make_agent, carrier, now):
    bring_in(OTHER, NUMBER)
    exclude(NUMBER)

    phone = lift()

    assert (phone.state, phone.due_at, phone.exclusions.count()) == (State.PENDING, now, 0)
    assert desk.take(agent=make_agent(), carrier=carrier, now=now) == phone
    assert books_tie_out()


def test_all_lists_lose_their_word_on_it_and_on_no_other(exclude, lift):
    exclude(NUMBER, OTHER)
    exclude(NUMBER)

    lift()

    assert list(Exclusion.objects.values_list("phone__number", flat=True)) == [OTHER]
    assert Phone.objects.get(number=OTHER).state == State.EXCLUDED
    assert books_tie_out()


def test_a_classified_number_keeps_its_result(bring_in, exclude, lift, classify, make_agent):
    bring_in(NUMBER)
    classify(make_agent())
    exclude(NUMBER)

    phone = lift()

    phone.refresh_from_db()
    assert (phone.state, phone.suppressed, phone.due_at, phone.type.code) == (State.CLASSIFIED, False, None, 11)
    assert books_tie_out()


def test_it_is_on_record_with_its_reason(exclude, lift, administrator, now):
    exclude(NUMBER)

    phone = lift(reason="本人来电要求恢复")

    event, entry = Event.objects.get(), AuditEntry.objects.get(action="exclusion.lift")
    assert (event.kind, event.phone, event.number, event.by) == (Event.Kind.LIFT, phone, NUMBER, administrator)
    assert (event.reason, event.at, event.agent, event.token) == ("本人来电要求恢复", now, None, None)
    assert (entry.by, entry.object, entry.data) == (administrator, "199****0001", {"reason": "本人来电要求恢复"})


def test_a_list_that_names_it_later_excludes_it_anew(exclude, lift):
    exclude(NUMBER)
    lift()

    exclude(NUMBER)

    assert Phone.objects.get().state == State.EXCLUDED
    assert books_tie_out()


def test_a_number_that_came_with_the_list_survives_its_revert_once_taken(
    exclude, lift, revert, make_agent, carrier, now
):
    batch = exclude(NUMBER, OTHER)
    lift()
    held = desk.take(agent=make_agent(), carrier=carrier, now=now)

    revert(batch)

    assert list(Phone.objects.all()) == [held]
    assert Phone.objects.get().state == State.HELD
    batch.refresh_from_db()
    assert (batch.state, batch.deleted_count) == (Batch.State.REVERTED, 1)
    assert books_tie_out()


def test_a_revert_of_the_list_leaves_what_was_lifted_and_not_taken_yet(exclude, lift, revert):
    batch = exclude(NUMBER, OTHER)
    lift()

    revert(batch)

    assert list(Phone.objects.values_list("number", "state")) == [(NUMBER, State.PENDING)]
    assert books_tie_out()


def test_a_revert_of_the_list_leaves_what_was_lifted_and_filed(exclude, lift, revert, classify, make_agent):
    batch = exclude(NUMBER)
    lift()
    classify(make_agent())

    revert(batch)

    assert Phone.objects.get().state == State.CLASSIFIED
    assert books_tie_out()


# ── What it refuses ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_number_that_nobody_knows(lift):
    with pytest.raises(lifting.NotKnown):
        lift()


def test_a_number_that_is_not_excluded(bring_in, lift):
    bring_in(NUMBER)

    with pytest.raises(lifting.NotExcluded):
        lift()

    assert not Event.objects.exists()


def test_a_second_time_there_is_nothing_to_lift(exclude, lift):
    exclude(NUMBER)
    lift()

    with pytest.raises(lifting.NotExcluded):
        lift()

    assert Event.objects.count() == 1


def test_only_administrators_lift(exclude, lift, make_agent):
    exclude(NUMBER)

    with pytest.raises(PermissionDenied):
        lift(by=make_agent(modules=list(Module)))

    assert Phone.objects.get().state == State.EXCLUDED


def test_an_administrator_who_was_disabled_meanwhile_lifts_nothing(exclude, lift, make_administrator):
    exclude(NUMBER)

    with pytest.raises(PermissionDenied):
        lift(by=make_administrator(is_active=False))


def test_while_a_list_is_imported_nothing_is_lifted(exclude, lift):
    exclude(NUMBER)

    with someone_elses_turn(), pytest.raises(lifting.Busy):
        lift()

    assert lift().state == State.PENDING


def test_what_an_import_has_written_down_before_it_broke_off_stays(exclude, lift, make_batch):
    exclude(NUMBER)
    broken_off = make_batch(kind=Batch.Kind.EXCLUDED, state=Batch.State.LOADING)
    Exclusion.objects.create(phone=Phone.objects.get(), batch=broken_off)

    with pytest.raises(lifting.Busy):
        lift()

    assert Exclusion.objects.count() == 2


def test_a_number_of_an_import_that_is_not_open_yet_is_not_known(make_numbers, make_batch, lift):
    [phone] = make_numbers(1, batch=make_batch(state=Batch.State.LOADING), state=State.EXCLUDED)

    with pytest.raises(lifting.NotKnown):
        lift(phone.number)


# ── The page ─────────────────────────────────────────────────────────────────────────────────────────────────


def look(browser, number=NUMBER):
    return browser.post("/phones/exclusions/", {"number": number})


def press(browser, number=NUMBER, reason="客户又同意了", **options):
    return browser.post("/phones/exclusions/", {"number": number, "reason": reason, "do": "lift"}, **options)


def test_a_look_says_what_it_is_and_changes_nothing(browser, exclude):
    batch = exclude(NUMBER, name="不再打扰")

    page = look(browser, "199 0000 0001")

    assert (page.status_code, page.context["phone"].number) == (200, NUMBER)
    assert list(page.context["lists"]) == [batch]
    assert 'name="reason"' in page.content.decode()
    assert Phone.objects.get().state == State.EXCLUDED


def test_a_number_that_is_not_excluded_offers_nothing_to_lift(browser, bring_in):
    bring_in(NUMBER)

    page = look(browser)

    assert page.status_code == 200
    assert 'name="reason"' not in page.content.decode()


def test_lifted_on_the_page(browser, exclude, administrator):
    exclude(NUMBER)

    page = press(browser, follow=True)

    assert page.redirect_chain == [("/phones/exclusions/", 302)]
    assert "199 0000 0001" in str(next(iter(page.context["messages"])))
    assert Phone.objects.get().state == State.PENDING
    assert AuditEntry.objects.get(action="exclusion.lift").address == "127.0.0.1"


@pytest.mark.parametrize("number", ["", "123", "138001380000000", "19900000001 19900000002", "x" * 61, "测试", OTHER])
@pytest.mark.parametrize("ask", [look, press])
def test_a_number_that_cannot_be_lifted_is_said_beside_its_field(browser, exclude, ask, number):
    exclude(NUMBER)

    page = ask(browser, number)

    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["number"]
    assert 'id="id_number_error"' in page.content.decode()


@pytest.mark.parametrize("reason", ["", "   ", "由" * 201])
def test_a_reason_is_asked_for_beside_its_field(browser, exclude, reason):
    exclude(NUMBER)

    page = press(browser, reason=reason)

    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["reason"]
    assert 'id="reason-error"' in page.content.decode()
    assert Phone.objects.get().state == State.EXCLUDED


def test_pressed_twice_the_second_says_so(browser, exclude):
    exclude(NUMBER)
    press(browser)

    page = press(browser)

    assert (page.status_code, list(page.context["form"].errors)) == (422, ["number"])
    assert Event.objects.count() == 1


def test_while_an_import_runs_the_page_says_so(browser, exclude):
    exclude(NUMBER)

    with someone_elses_turn():
        page = press(browser)

    assert (page.status_code, page.context["form"].cleaned_data["reason"]) == (422, "客户又同意了")
    assert page.context["form"].non_field_errors()


def test_only_administrators_come_to_the_page(exclude, make_agent, sign_in):
    exclude(NUMBER)
    browser = sign_in(make_agent("小王", modules=list(Module)))

    assert {look(browser).status_code, press(browser).status_code} == {403}
    assert Phone.objects.get().state == State.EXCLUDED


def test_a_number_in_the_address_is_not_looked_at(browser, exclude):
    exclude(NUMBER)

    page = browser.get("/phones/exclusions/", {"number": NUMBER, "do": "lift", "reason": "x"})

    assert page.status_code == 200
    assert "phone" not in page.context
    assert Phone.objects.get().state == State.EXCLUDED


@pytest.mark.parametrize("verb", ["put", "patch", "delete"])
def test_other_verbs_are_refused(browser, verb):
    assert getattr(browser, verb)("/phones/exclusions/").status_code == 405
