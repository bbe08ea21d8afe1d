"""The account page: what one has used, and the API tokens, which are made and revoked here."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import second_factor
from accounts.models import ApiToken, User
from accounts.token_form import TokenForm
from accounts.token_rules import NotIssued
from musicgen.text_direction import isolated


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show the account. A POST makes an API token; its secret is on the page that answers, and nowhere else.

    There is no redirect, because the secret would have to be kept for the page after it.
    """
    if request.method != "POST":
        return _page(request, TokenForm())
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        token, secret = ApiToken.objects.issue(
            cast(User, request.user),
            form.cleaned_data["name"],
            form.scopes,
            expires_at=form.cleaned_data["expires_at"],
        )
    except NotIssued as refused:
        form.add_error(None, str(refused))
        return _page(request, form, status=422)
    return _page(request, TokenForm(), new=token, secret=secret)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    """Ask whether to revoke a token; a POST revokes it."""
    token = get_object_or_404(ApiToken.objects.visible_to(request.user), pk=token_id)
    if request.method == "POST":
        if token.revoke():
            messages.success(request, f"“{isolated(token.name)}” is revoked.")
        return redirect("account")
    return render(request, "account/token_revoke.html", {"token": token})


def _page(
    request: HttpRequest, form: TokenForm, *, status: int = 200, new: ApiToken | None = None, secret: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "tokens": ApiToken.objects.visible_to(request.user),
        "new": new,
        "secret": secret,
        "has_second_factor": not cast(User, request.user).is_guest and second_factor.is_on(request.user),
        "api": request.build_absolute_uri(reverse("api:jobs")).removesuffix("/jobs"),
    }
    return render(request, "account/account.html", context, status=status)
