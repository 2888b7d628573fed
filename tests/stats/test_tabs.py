"""What was chosen on one page of the call statistics holds on the next."""

import re

from django.utils import timezone

from hwcall import days


def hours_tab(page) -> str:
    return re.search(r'href="(/stats/hours/[^"]*)"', page.content.decode())[1].replace("&amp;", "&")


def test_days_that_were_chosen_by_their_name_are_those_of_the_hours_as_well(office):
    page = office.get(hours_tab(office.get("/stats/team/", {"days": "last_week"})))

    first, last = days.ends("last_week", timezone.localdate())
    assert (page.context["form"].first, page.context["form"].last) == (first, last)


def test_who_has_chosen_no_days_gets_the_usual_weeks_of_the_hours(office):
    assert hours_tab(office.get("/stats/team/")).partition("?")[2] == ""


def test_the_list_behind_a_figure_says_how_much_of_it_is_on_the_page(office, desk, xiaoli, type_of, now):
    for _call in range(21):
        desk.file(xiaoli, type_of(11))
    address = f"/stats/team/calls/?start={timezone.localdate(now)}&end={timezone.localdate(now)}"

    whole = office.get(address).content.decode()
    office.post("/tables/", {"table": "stats:team_calls", "size": "20", "next": "/stats/team/"})
    part = office.get(address).content.decode()

    assert "共 21 条" in whole
    assert not re.search(r"本页 \d+ 条", whole)
    assert "本页 20 条" in part
