"""The page that says whether the books balance."""

from django.http import HttpResponse
from django.shortcuts import redirect, render

from hwcall.access import OperatorRequest, administrator_required, page_and_form, who
from stats import balance as books


@administrator_required
@page_and_form
def balance(request: OperatorRequest) -> HttpResponse:
    """What the last examination found; a POST asks for another."""
    if request.method == "POST":
        return redirect("phones:job", books.submit(**who(request)).pk)
    last = books.last_done()
    page = {"told": books.told(last) if last else None, "newest": books.newest()}
    return render(request, "stats/balance.html", page)
