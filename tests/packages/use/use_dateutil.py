import datetime

from dateutil import parser, rrule
from dateutil.zoneinfo import get_zonefile_instance


def fridays(start, zone):
    begin = parser.parse(start).replace(tzinfo=get_zonefile_instance().get(zone))
    days = rrule.rrule(rrule.WEEKLY, byweekday=rrule.FR, count=3, dtstart=begin)
    return [day.isoformat() for day in days] + [str(begin.astimezone(datetime.timezone.utc))]
