"""`{{ title|isolated }}`: in every template (`builtins` in the settings), for all that people wrote, but in fields."""

from django import template
from django.template.defaultfilters import stringfilter

from musicgen.text_direction import isolated

register = template.Library()
register.filter("isolated", stringfilter(isolated), is_safe=True)
