package io.keyledger.query.audit;

import io.keyledger.api.Event;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountEnabled;
import io.keyledger.api.account.AccountEvent;
import io.keyledger.api.account.AccountOwnerAdded;
import io.keyledger.api.account.AccountOwnerRemoved;
import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.AdministratorGranted;
import io.keyledger.api.account.AdministratorRevoked;
import io.keyledger.api.account.DisplayNameChanged;
import io.keyledger.api.account.EmailChanged;
import io.keyledger.api.account.PasswordChanged;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.account.ResetLinkIssued;
import io.keyledger.api.account.ServiceAccountRegistered;
import io.keyledger.api.account.SignInFailed;
import io.keyledger.api.account.SignedIn;
import io.keyledger.api.account.SignedOut;
import io.keyledger.api.token.RetiredTokenValueUsed;
import io.keyledger.api.token.TokenAllowedAddressesChanged;
import io.keyledger.api.token.TokenCreated;
import io.keyledger.api.token.TokenDescriptionChanged;
import io.keyledger.api.token.TokenDisabled;
import io.keyledger.api.token.TokenEnabled;
import io.keyledger.api.token.TokenEvent;
import io.keyledger.api.token.TokenExpired;
import io.keyledger.api.token.TokenExpiryAnnounced;
import io.keyledger.api.token.TokenExpiryChanged;
import io.keyledger.api.token.TokenFirstUsed;
import io.keyledger.api.token.TokenLeaked;
import io.keyledger.api.token.TokenPermissionsChanged;
import io.keyledger.api.token.TokenRenamed;
import io.keyledger.api.token.TokenRevoked;
import io.keyledger.api.token.TokenRotated;
import io.keyledger.api.token.TokenTransferred;
import io.keyledger.api.token.TokenValueRetired;
import io.keyledger.api.webhook.WebhookChanged;
import io.keyledger.api.webhook.WebhookCreated;
import io.keyledger.api.webhook.WebhookDeleted;
import io.keyledger.api.webhook.WebhookDisabled;
import io.keyledger.api.webhook.WebhookEnabled;
import io.keyledger.api.webhook.WebhookEvent;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What an event says beyond who, when and to what, by the names that the REST interface uses: of something new its
 * values, of a change what was {@code before} and {@code after}. In a fixed order; never a token's digest.
 */
class AuditDetails {

    private final Function<PersonalText, String> open;

    /** @param open decrypts what the event holds */
    AuditDetails(Function<PersonalText, String> open) {
        this.open = open;
    }

    Map<String, @Nullable Object> of(Event event) {
        var details = new LinkedHashMap<String, @Nullable Object>();
        switch (event) {
            case AccountEvent ofAccount -> add(details, ofAccount);
            case TokenEvent ofToken -> add(details, ofToken);
            case WebhookEvent ofWebhook -> add(details, ofWebhook);
            default -> throw new IllegalArgumentException("an event of no family: " + event.getClass());
        }
        return details;
    }

    private void add(Map<String, @Nullable Object> details, AccountEvent event) {
        switch (event) {
            case AccountRegistered registered -> {
                details.put("email", text(registered.email()));
                details.put("displayName", text(registered.displayName()));
                details.put("administrator", registered.administrator());
            }
            case EmailChanged changed ->
                details.put("email", change(text(changed.previousEmail()), text(changed.email())));
            case DisplayNameChanged changed ->
                details.put("displayName", change(text(changed.previousDisplayName()), text(changed.displayName())));
            case AccountDisabled _ -> details.put("enabled", change(true, false));
            case AccountEnabled _ -> details.put("enabled", change(false, true));
            case ServiceAccountRegistered registered -> details.put("displayName", text(registered.displayName()));
            case AccountOwnerAdded added -> details.put("ownerId", added.ownerId());
            case AccountOwnerRemoved removed -> details.put("ownerId", removed.ownerId());
            case AdministratorGranted _ -> details.put("administrator", change(false, true));
            case AdministratorRevoked _ -> details.put("administrator", change(true, false));
            case PasswordChanged changed -> details.put("otherSessionsEnded", changed.otherSessionsEnded());
            case ResetLinkIssued issued -> details.put("expiresAt", issued.expiresAt());
            case PasswordReset _, PersonalDataErased _ -> {}
            case SignedIn signedIn -> {
                details.put("method", signedIn.method());
                details.put("sessionId", signedIn.sessionId());
            }
            case SignInFailed failed -> details.put("method", failed.method());
            case SignedOut signedOut -> details.put("sessionId", signedOut.sessionId());
        }
    }

    private void add(Map<String, @Nullable Object> details, TokenEvent event) {
        switch (event) {
            case TokenCreated created -> {
                details.put("name", text(created.name()));
                details.put("description", text(created.description()));
                details.put("permissions", created.permissions());
                details.put("expiresAt", created.expiresAt());
                details.put("hint", created.hint());
            }
            case TokenRenamed renamed ->
                details.put("name", change(text(renamed.previousName()), text(renamed.name())));
            case TokenDescriptionChanged changed ->
                details.put("description", change(text(changed.previousDescription()), text(changed.description())));
            case TokenPermissionsChanged changed ->
                details.put("permissions", change(changed.previousPermissions(), changed.permissions()));
            case TokenExpiryChanged changed ->
                details.put("expiresAt", change(changed.previousExpiresAt(), changed.expiresAt()));
            case TokenExpired expired -> details.put("expiredAt", expired.expiredAt());
            case TokenRevoked revoked -> details.put("reason", revoked.reason());
            case TokenRotated rotated -> {
                details.put("hint", rotated.hint());
                details.put("overlapEndsAt", rotated.overlapEndsAt());
            }
            case TokenValueRetired retired -> {
                details.put("hint", retired.hint());
                details.put("reason", retired.reason());
            }
            case TokenFirstUsed used -> details.put("request", text(used.request()));
            case RetiredTokenValueUsed used -> {
                details.put("hint", used.hint());
                details.put("request", text(used.request()));
            }
            case TokenDisabled _ -> details.put("enabled", change(true, false));
            case TokenEnabled _ -> details.put("enabled", change(false, true));
            case TokenAllowedAddressesChanged changed ->
                details.put(
                        "allowedAddresses",
                        change(ranges(changed.previousAllowedAddresses()), ranges(changed.allowedAddresses())));
            case TokenTransferred transferred ->
                details.put("accountId", change(transferred.previousAccountId(), transferred.accountId()));
            case TokenLeaked leaked -> {
                details.put("hint", leaked.hint());
                details.put("source", leaked.source());
                details.put("url", text(leaked.url()));
            }
            case TokenExpiryAnnounced announced -> {
                details.put("expiresAt", announced.expiresAt());
                details.put("daysLeft", announced.daysLeft());
            }
        }
    }

    /** None: from anywhere. */
    private List<String> ranges(@Nullable PersonalText text) {
        return text == null ? List.of() : List.of(open.apply(text).split(" "));
    }

    private void add(Map<String, @Nullable Object> details, WebhookEvent event) {
        switch (event) {
            case WebhookCreated created -> {
                details.put("origin", text(created.origin()));
                details.put("types", created.types());
            }
            case WebhookChanged changed -> {
                details.put("origin", change(text(changed.previousOrigin()), text(changed.origin())));
                if (!changed.types().equals(changed.previousTypes())) {
                    details.put("types", change(changed.previousTypes(), changed.types()));
                }
            }
            case WebhookDisabled disabled -> {
                details.put("enabled", change(true, false));
                details.put("reason", disabled.reason());
            }
            case WebhookEnabled _ -> details.put("enabled", change(false, true));
            case WebhookDeleted _ -> {}
        }
    }

    private @Nullable String text(@Nullable PersonalText text) {
        return text == null ? null : open.apply(text);
    }

    private static Map<String, @Nullable Object> change(@Nullable Object before, @Nullable Object after) {
        var change = new LinkedHashMap<String, @Nullable Object>();
        change.put("before", before);
        change.put("after", after);
        return change;
    }
}
