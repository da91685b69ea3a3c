"""Microsoft Entra's sign-in errors (https://learn.microsoft.com/entra/identity-platform/reference-error-codes)."""

from __future__ import annotations

from hub.model.problem_codes.entry import CHANNEL, ERROR, MEND, N_, WARNING, Known

_ADMIN = N_("Ask the administrator of the organisation at Microsoft; the number below tells them where to look.")
_AGAIN = N_("Give consent again for the account of this channel.")
_NUMBERS = {
    "50020": N_("The account belongs to another organisation than the one that is asked."),
    "50034": N_("There is no such account in this organisation at Microsoft."),
    "50053": N_("The account is locked: too many wrong sign-ins, or they came from a blocked address."),
    "50055": N_("The password of the account has expired."),
    "50056": N_("The account has no password at Microsoft, or none was sent."),
    "50057": N_("The account was switched off by an administrator."),
    "50076": N_("Microsoft wants a second factor for this account, which a mail program cannot give."),
    "50079": N_("The account must set up a second factor before anything may sign in."),
    "50105": N_("The account was not assigned to the registered application."),
    "50126": N_("User name or password is wrong."),
    "50158": N_("The organisation demands a further check at sign-in, which a mail program cannot pass."),
    "50173": N_("The consent ended because the password was changed."),
    "53003": N_("A rule of the organisation (conditional access) blocks this sign-in."),
    "65001": N_("Nobody has agreed that the registered application may use this mailbox."),
    "70008": N_("The consent has ended: it was not used for too long, or was revoked."),
    "70011": N_("The application asks for a permission that is written wrongly."),
    "70043": N_("The consent ended: the organisation wants a new sign-in from time to time."),
    "90002": N_("There is no organisation of this name or number at Microsoft."),
    "90094": N_("Only an administrator may agree that the application uses this mailbox."),
    "500011": N_("The organisation does not know the service that is asked for (Exchange Online)."),
    "700016": N_("The application is not registered in this organisation at Microsoft."),
    "700082": N_("The consent has ended: it was not used for 90 days."),
    "7000112": N_("The registered application was switched off."),
    "7000215": N_("The application's secret is wrong; perhaps its ID was copied instead of its value."),
    "7000222": N_("The application's secret has expired."),
}
_MENDS = {
    "50034": N_("Correct the user name in the channel's settings."),
    "50053": N_("Wait half an hour, then sign in once in a browser; correct the password in the channel's settings."),
    "50055": N_("Set a new password in a browser and write it into the channel's settings."),
    "50126": N_("Write the right user name and password into the channel's settings."),
    "50173": _AGAIN,
    "65001": N_("Give consent for the mailbox, or let an administrator give it for all."),
    "70008": _AGAIN,
    "70043": _AGAIN,
    "90002": N_("Correct the tenant (directory ID) in the channel's settings."),
    "700016": N_("Correct client ID and tenant: they must be of the same app registration."),
    "700082": _AGAIN,
    "7000215": N_("Copy the secret's value, not its ID, from the app registration into the channel's settings."),
    "7000222": N_("Make a new client secret in the app registration and write it into the channel's settings."),
}

KNOWN = (
    *(
        Known(
            f"aadsts_{number}",
            ERROR,
            N_("Microsoft does not let {place} sign in."),
            cause,
            _MENDS.get(number, _ADMIN),
            CHANNEL,
            says=rf"AADSTS{number}\b",
        )
        for number, cause in _NUMBERS.items()
    ),
    Known(
        "aadsts",
        ERROR,
        N_("Microsoft does not let {place} sign in."),
        N_("Microsoft names a reason that the hub has no words for; its number is below."),
        N_("Look the number up at login.microsoftonline.com/error, or ask your administrator at Microsoft."),
        CHANNEL,
        says=r"AADSTS\d+",
    ),
    Known(
        "oauth_ended",
        ERROR,
        N_("The consent by which {place} signs in has ended."),
        N_("It was revoked, the password was changed, or it was given in Google's test mode, where it lasts 7 days."),
        _AGAIN,
        MEND,
        says=r"invalid_grant|token has been (?:expired|revoked)|expired or revoked",
    ),
    Known(
        "oauth_application",
        ERROR,
        N_("The provider does not know the application by which {place} signs in."),
        N_("Client ID or client secret is wrong, or the application was removed."),
        N_("Copy client ID and secret anew from the provider's console."),
        CHANNEL,
        says=r"invalid_client|unauthorized_client|deleted_client",
    ),
    Known(
        "oauth_consent",
        ERROR,
        N_("The consent by which {place} signs in does not reach far enough."),
        N_("It does not include reading or sending mail, or was refused."),
        N_("Give consent again, with every box ticked."),
        CHANNEL,
        says=r"insufficient_scope|invalid_scope|access_denied|insufficient (?:authentication )?scopes",
    ),
    Known(
        "oauth_redirect",
        WARNING,
        N_("The provider does not know the address to come back to after the consent for {place}."),
        N_("The registered return address differs from the hub's public address."),
        N_("Write the hub's public address into the application's return addresses at the provider."),
        CHANNEL,
        says=r"redirect_uri_mismatch|AADSTS50011\b",
    ),
)
