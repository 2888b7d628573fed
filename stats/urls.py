"""The pages of looking."""

from django.urls import path

from stats.views import audit, balance, calls, figures, home, hours, wall

app_name = "stats"
urlpatterns = [
    path("home/", home.home, name="home"),
    path("wall/", wall.wall_page, name="wall"),
    path("wall/board/", wall.wall_board, name="wall_board"),
    path("stats/team/", figures.team, name="team"),
    path("stats/team/excel/", figures.team_excel, name="team_excel"),
    path("stats/team/calls/", calls.team_calls, name="team_calls"),
    path("stats/team/calls/export/", calls.export_team_calls, name="export_team_calls"),
    path("stats/hours/", hours.hours, name="hours"),
    path("stats/batches/<int:pk>/", hours.batch, name="batch"),
    path("stats/mine/", figures.mine, name="mine"),
    path("stats/mine/excel/", figures.mine_excel, name="mine_excel"),
    path("stats/mine/calls/", calls.my_calls, name="my_calls"),
    path("stats/mine/calls/export/", calls.export_my_calls, name="export_my_calls"),
    path("audit/", audit.audit, name="audit"),
    path("audit/logins/", audit.logins, name="logins"),
    path("audit/export/", audit.export_log, name="export_log"),
    path("balance/", balance.balance, name="balance"),
]
