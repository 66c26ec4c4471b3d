"""When the firm works: weekly hours and the days that are closed for everyone."""

from django.db import models

from .base import MirrorModel, link, number, text


class WorkCalendar(MirrorModel):
    name = text()
    active = models.BooleanField()
    tz = text()
    company_id = link()
    hours_per_day = number()
    full_time_required_hours = number()  # a week's, which a flexible calendar fills from Monday on
    two_weeks_calendar = models.BooleanField()
    flexible_hours = models.BooleanField()


class CalendarAttendance(MirrorModel):
    calendar_id = link()
    dayofweek = models.IntegerField()  # Monday is 0
    hour_from = number()  # 8.5 is half past eight, local time of the calendar
    hour_to = number()
    day_period = text()  # morning, afternoon, full_day; lunch is a break
    week_type = text()  # "0" or "1" in calendars of two weeks
    display_type = text()  # line_section is a heading, no hours
    date_from = models.DateField(null=True)  # the days between which it counts; Odoo 18 and earlier
    date_to = models.DateField(null=True)


class CalendarLeave(MirrorModel):
    """A closed time of a whole calendar: a public holiday. One person's absence comes with Leave."""

    name = text()
    calendar_id = link()  # NULL: all calendars of the company
    company_id = link()
    date_from = models.DateTimeField(null=True)
    date_to = models.DateTimeField(null=True)
    time_type = text()  # leave; other is a time that is worked all the same
