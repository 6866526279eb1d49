package io.keyledger.command.account;

import io.keyledger.api.Refusal;
import io.keyledger.api.Refusal.FieldError;
import io.keyledger.api.TextRules;
import io.keyledger.api.account.AccountDisabled;
import io.keyledger.api.account.AccountEnabled;
import io.keyledger.api.account.AccountEvent;
import io.keyledger.api.account.AccountOwnerAdded;
import io.keyledger.api.account.AccountOwnerRemoved;
import io.keyledger.api.account.AccountRegistered;
import io.keyledger.api.account.AdministratorGranted;
import io.keyledger.api.account.AdministratorRevoked;
import io.keyledger.api.account.ChangeDisplayName;
import io.keyledger.api.account.ChangeEmail;
import io.keyledger.api.account.DisplayNameChanged;
import io.keyledger.api.account.EmailChanged;
import io.keyledger.api.account.PasswordChanged;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.account.RegisterAccount;
import io.keyledger.api.account.ResetLinkIssued;
import io.keyledger.api.account.ServiceAccountRegistered;
import io.keyledger.api.account.SignInFailed;
import io.keyledger.api.account.SignedIn;
import io.keyledger.api.account.SignedOut;
import io.keyledger.command.SealedText;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An account as its events tell it, and the rules for what may happen to it. Pure. That an email address is unique and
 * that the last enabled administrator stays are rules over all accounts, kept by the lookup table in the same
 * transaction.
 */
record AccountState(
        String accountId, SealedText email, SealedText displayName, boolean administrator, boolean enabled) {

    static AccountRegistered decide(RegisterAccount command) {
        var errors = new ArrayList<FieldError>();
        var email = EmailAddress.check(errors, command.email());
        var displayName = checkDisplayName(errors, command.displayName());
        refuseIf(errors);
        return new AccountRegistered(
                command.accountId(), PersonalText.of(email), PersonalText.of(displayName), command.administrator());
    }

    List<AccountEvent> decide(ChangeEmail command, String currentEmail) {
        requireEnabled();
        var errors = new ArrayList<FieldError>();
        var email = EmailAddress.check(errors, command.email());
        refuseIf(errors);
        return email.equals(currentEmail)
                ? List.of()
                : List.of(new EmailChanged(accountId, PersonalText.of(currentEmail), PersonalText.of(email)));
    }

    List<AccountEvent> decide(ChangeDisplayName command, String currentDisplayName) {
        requireEnabled();
        var errors = new ArrayList<FieldError>();
        var displayName = checkDisplayName(errors, command.displayName());
        refuseIf(errors);
        return displayName.equals(currentDisplayName)
                ? List.of()
                : List.of(new DisplayNameChanged(
                        accountId, PersonalText.of(currentDisplayName), PersonalText.of(displayName)));
    }

    List<AccountEvent> decideToChangePassword(boolean endOtherSessions) {
        requireEnabled();
        return List.of(new PasswordChanged(accountId, endOtherSessions));
    }

    List<AccountEvent> decideToIssueResetLink(Instant expiresAt) {
        requireEnabled();
        return List.of(new ResetLinkIssued(accountId, expiresAt));
    }

    List<AccountEvent> decideToResetPassword() {
        requireEnabled();
        return List.of(new PasswordReset(accountId));
    }

    List<AccountEvent> decideToDisable() {
        return enabled ? List.of(new AccountDisabled(accountId)) : List.of();
    }

    List<AccountEvent> decideToEnable() {
        return enabled ? List.of() : List.of(new AccountEnabled(accountId));
    }

    List<AccountEvent> decideToGrantAdministrator() {
        return administrator ? List.of() : List.of(new AdministratorGranted(accountId));
    }

    List<AccountEvent> decideToRevokeAdministrator() {
        return administrator ? List.of(new AdministratorRevoked(accountId)) : List.of();
    }

    static AccountState evolve(@Nullable AccountState before, AccountEvent event, String eventId) {
        if (event instanceof AccountRegistered registered) {
            return new AccountState(
                    registered.accountId(),
                    new SealedText(registered.email(), eventId),
                    new SealedText(registered.displayName(), eventId),
                    registered.administrator(),
                    true);
        }
        return Objects.requireNonNull(before, "the first event of an account is its registration")
                .evolve(event, eventId);
    }

    private AccountState evolve(AccountEvent event, String eventId) {
        return switch (event) {
            case AccountRegistered _ -> throw new IllegalStateException("registered twice: " + accountId);
            case EmailChanged changed ->
                new AccountState(
                        accountId, new SealedText(changed.email(), eventId), displayName, administrator, enabled);
            case DisplayNameChanged changed ->
                new AccountState(
                        accountId, email, new SealedText(changed.displayName(), eventId), administrator, enabled);
            case AccountDisabled _ -> new AccountState(accountId, email, displayName, administrator, false);
            case AccountEnabled _ -> new AccountState(accountId, email, displayName, administrator, true);
            case AdministratorGranted _ -> new AccountState(accountId, email, displayName, true, enabled);
            case AdministratorRevoked _ -> new AccountState(accountId, email, displayName, false, enabled);
            case ServiceAccountRegistered _ -> throw new IllegalStateException("registered twice: " + accountId);
            case AccountOwnerAdded _, AccountOwnerRemoved _ -> this;
            case PasswordChanged _, PasswordReset _, ResetLinkIssued _ -> this;
            case SignedIn _, SignInFailed _, SignedOut _ -> this;
        };
    }

    private void requireEnabled() {
        if (!enabled) {
            throw new Refusal.Conflict("account_disabled", "This account is disabled. Enable it first.");
        }
    }

    private static String checkDisplayName(List<FieldError> errors, @Nullable String displayName) {
        return TextRules.check(errors, "displayName", displayName, 1, 100, false);
    }

    private static void refuseIf(List<FieldError> errors) {
        if (!errors.isEmpty()) {
            throw new Refusal.Unprocessable(errors);
        }
    }
}
