"""Users and API tokens as the operator sees them."""

from functools import partial
from typing import Any

from allauth.account.admin import EmailAddressAdmin as AllauthEmailAddressAdmin
from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from accounts import owner_mail, second_factor
from accounts.models import ApiToken, User
from accounts.suspension import may_change
from accounts.suspension_admin import SuspensionAdmin
from generation import jobs
from generation.models import Archive, Job, Track, TrackReport, WebhookEndpoint
from musicgen.admin_lists import BigTableAdmin, Owner, Typed, When, list_of, page_of
from musicgen.admin_lists.model_admin import any_of
from musicgen.admin_log import log_change

SHOWN_OF_DIGEST = 12
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
# What a user's page links to: a list, what it is called, and by what else than the user it is filtered.
THINGS: tuple[tuple[type[Model], str, dict[str, str]], ...] = (
    (Job, "Jobs", {}),
    (Track, "Tracks", {}),
    (Track, "Shared tracks", {"visibility": "shared"}),
    (TrackReport, "Reports of their tracks", {}),
    (Archive, "Zips", {}),
    (WebhookEndpoint, "Webhooks", {}),
    (ApiToken, "API tokens", {}),
    (LogEntry, "What they did as staff", {}),
)


class NewUserForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """A user is made with an e-mail; guests make themselves."""

    class Meta:
        model = User
        fields = ("email",)


class NewPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]
    """Another password, set by staff."""

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        owner_mail.tell(user, "account/email/password_changed")
        return user


@admin.register(User)
class UserAdmin(SuspensionAdmin, BigTableAdmin, DjangoUserAdmin):  # type: ignore[type-arg]
    """Accounts and guests, each with links to what is theirs."""

    add_form = NewUserForm
    change_password_form = NewPasswordForm
    list_display = ("__str__", "is_guest", "is_staff", "is_active", "date_joined", "last_login")
    list_filter = ("is_guest", "is_staff", "is_active", When)
    search_fields = ("pk",)
    search_help_text = (
        "An e-mail address, how it begins, or its host as @example.org; or an id of which eight digits do, as in "
        "Guest 1a2b3c4d"
    )
    ordering = ("-date_joined",)
    time_field = "date_joined"
    owner_path = "pk"
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("id", "email", "password", "is_guest", "things")}),
        ("Rights", {"fields": ("suspension", *RIGHTS)}),
        ("Dates", {"fields": ("date_joined", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "usable_password", "password1", "password2")}),)
    actions = ("suspend", "lift_suspension", "remove_second_factor")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or may_change(request.user, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or may_change(request.user, obj))

    def has_superuser_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    @admin.action(description="Remove the second factor of selected users", permissions=["superuser"])
    def remove_second_factor(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """For somebody whose telephone is lost, and the recovery codes with it."""
        with transaction.atomic():
            removed = [user.pk for user in users if second_factor.remove(user, by=request.user.pk)]
            log_change(request.user, User, removed, "Removed the second factor.")
        self.message_user(
            request, f"Removed the second factor of {len(removed)} of {len(users)} selected users."
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).filter(deleted_at=None)

    def named(self, typed: Typed) -> Q | None:
        """An address may be typed without its @ here."""
        begins = Typed(typed.text, email=typed.text.lower()) if len(typed.text.split()) == 1 else typed
        return super().named(typed) or super().named(begins)

    def with_words(self, queryset: QuerySet[User], typed: Typed) -> Q:
        return Q(pk__in=[])

    @admin.display(description="theirs")
    def things(self, user: User) -> SafeString:
        """Links to the lists of what belongs to a user."""
        links = (list_of(model, text, owner=str(user.pk), **filters) for model, text, filters in THINGS)
        return format_html_join(" · ", "{}", ((link,) for link in links))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, int], set[Any], list[Any]]:
        """What deleting means: the users by name, and the number of their tracks; refused if one may not be changed."""
        users = list(objs)
        kept = Track.objects.kept().filter(owner__in=users).count()
        counts = {User._meta.verbose_name_plural: len(users), Track._meta.verbose_name_plural: kept}
        refused = {User._meta.verbose_name for user in users if not may_change(request.user, user)}
        return [str(user) for user in users], counts, refused, []

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Deleting is for good: the user's audio goes first, wherever it lies, and the rows after it."""
        jobs.delete_owner(owner=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            jobs.delete_owner(owner=user)

    def save_model(self, request: HttpRequest, obj: User, form: "ModelForm[User]", change: bool) -> None:
        """The owner hears of another address at the one before, once it is stored: no mail waits in a transaction."""
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            template, old = "account/email/email_changed", form.initial["email"]
            transaction.on_commit(partial(owner_mail.tell, obj, template, address=old, new_email=obj.email))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """A guest gets an e-mail by signing up, so here it cannot be given one. Only superusers give rights."""
        if obj is None:
            return ()
        rights = () if request.user.is_superuser else RIGHTS
        fixed = ("id", "is_guest", "date_joined", "last_login", "things", "suspension", *rights)
        return (*fixed, "email") if obj.is_guest else fixed


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """Groups, with a plain list of rights: screen readers cannot tell what Django's two boxes beside it are for."""

    filter_horizontal = ()


@admin.register(ApiToken)
class ApiTokenAdmin(BigTableAdmin):
    """Tokens can be looked at and revoked. They are made where their secret can be shown."""

    list_display = (
        "name",
        "prefix",
        "whose",
        "scopes",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    list_filter = (Owner, ("revoked_at", admin.EmptyFieldListFilter), "expires_at", When)
    list_select_related = ("user",)
    owner_path = "user"
    words_in = ("name", "prefix")
    search_help_text = (
        "An e-mail address, the id of a token or a user, how the secret begins, or words of the name"
    )
    actions = ("revoke",)
    fields = (
        "id",
        "user",
        "name",
        "prefix",
        "digest_begins",
        "scopes",
        "created_at",
        "expires_at",
        "last_used_at",
        "revoked_at",
    )
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description="user")
    def whose(self, token: ApiToken) -> SafeString:
        return page_of(token.user)

    @admin.display(description="SHA-256")
    def digest_begins(self, token: ApiToken) -> str:
        """Enough of the digest to compare two by eye."""
        return f"{token.digest[:SHOWN_OF_DIGEST]}…"

    @admin.action(description="Revoke selected tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        with transaction.atomic():
            revoked = [token.pk for token in tokens if token.revoke()]
            log_change(request.user, ApiToken, revoked, "Revoked.")
        self.message_user(request, f"Revoked {len(revoked)} of {len(tokens)} selected tokens.")


admin.site.unregister(EmailAddress)


@admin.register(EmailAddress)
class EmailAddressAdmin(BigTableAdmin, AllauthEmailAddressAdmin):
    """The addresses of accounts and whether they are verified, as allauth keeps them."""

    time_field = ""
    owner_path = "user"
    words_in = ("email",)
    search_help_text = "An e-mail address or a part of one, or the id of a user"

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return self.search_fields

    @admin.action(description="Mark selected email addresses as verified", permissions=["change"])
    def make_verified(self, request: HttpRequest, queryset: QuerySet[EmailAddress]) -> None:
        """As allauth does it, and noted."""
        with transaction.atomic():
            unverified = list(queryset.filter(verified=False).values_list("pk", flat=True))
            super().make_verified(request, queryset)
            verified = EmailAddress.objects.filter(pk__in=unverified, verified=True)
            log_change(
                request.user, EmailAddress, verified.values_list("pk", flat=True), "Marked as verified."
            )

    def named(self, typed: Typed) -> Q | None:
        """Also one that is not the address by which its user logs in."""
        conditions = [Q(email__startswith=typed.email)] if typed.email else []
        named = super().named(typed)
        return any_of([*conditions, named] if named is not None else conditions)


def log_in_by_account_page(
    request: HttpRequest, extra_context: dict[str, object] | None = None
) -> HttpResponse:
    """Have the admin use the site's own log-in page, with its rate limits and its care for guests, and staff without a
    second factor set one up.

    Raises PermissionDenied for an account that may not use the admin.
    """
    user = request.user
    if user.is_authenticated and not user.is_guest and not user.is_staff:
        raise PermissionDenied
    if second_factor.is_missing(user):
        messages.info(request, "Set up a second factor first: without one the admin does not open.")
        return redirect("mfa_index")
    wanted = request.GET.get("next") or resolve_url("admin:index")
    return redirect(f"{resolve_url('account_login')}?{urlencode({'next': wanted})}")


admin.site.login = log_in_by_account_page  # type: ignore[method-assign]


def has_permission(request: HttpRequest) -> bool:
    """Whether the admin opens: to staff, and to those of them who have a second factor where that is asked for."""
    user = request.user
    return user.is_active and user.is_staff and not second_factor.is_missing(user)


admin.site.has_permission = has_permission  # type: ignore[method-assign]
