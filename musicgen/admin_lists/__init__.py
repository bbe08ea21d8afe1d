"""Lists of the admin over tables of any size: every page, filter and search reads a bounded number of rows."""

from musicgen.admin_lists.filters import Owner, When, offered
from musicgen.admin_lists.links import list_of, page_of
from musicgen.admin_lists.model_admin import BigTableAdmin
from musicgen.admin_lists.typed import Typed

__all__ = ["BigTableAdmin", "Owner", "Typed", "When", "list_of", "offered", "page_of"]
