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
import io.keyledger.api.account.AddAccountOwner;
import io.keyledger.api.account.AdministratorGranted;
import io.keyledger.api.account.AdministratorRevoked;
import io.keyledger.api.account.ChangeDisplayName;
import io.keyledger.api.account.ChangeEmail;
import io.keyledger.api.account.DisplayNameChanged;
import io.keyledger.api.account.EmailChanged;
import io.keyledger.api.account.PasswordChanged;
import io.keyledger.api.account.PasswordReset;
import io.keyledger.api.account.PersonalDataErased;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.account.RegisterAccount;
import io.keyledger.api.account.RegisterServiceAccount;
import io.keyledger.api.account.RemoveAccountOwner;
import io.keyledger.api.account.ResetLinkIssued;
import io.keyledger.api.account.ServiceAccountRegistered;
import io.keyledger.api.account.SignInFailed;
import io.keyledger.api.account.SignedIn;
import io.keyledger.api.account.SignedOut;
import io.keyledger.command.SealedText;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An account as its events tell it, and the rules for what may happen to it. Pure. That an email address is unique and
 * that the last enabled administrator stays are rules over all accounts, kept by the lookup table in the same
 * transaction.
 *
 * @param email absent for a service account
 * @param erased whether its personal data was destroyed: nothing happens to it any more
 * @param owners ids of those who manage the tokens of a service account
 */
record AccountState(
        String accountId,
        @Nullable SealedText email,
        SealedText displayName,
        boolean administrator,
        boolean enabled,
        boolean erased,
        Set<String> owners) {

    static AccountRegistered decide(RegisterAccount command) {
        var errors = new ArrayList<FieldError>();
        var email = EmailAddress.check(errors, command.email());
        var displayName = checkDisplayName(errors, command.displayName());
        refuseIf(errors);
        return new AccountRegistered(
                command.accountId(), PersonalText.of(email), PersonalText.of(displayName), command.administrator());
    }

    static ServiceAccountRegistered decide(RegisterServiceAccount command) {
        var errors = new ArrayList<FieldError>();
        var displayName = checkDisplayName(errors, command.displayName());
        refuseIf(errors);
        return new ServiceAccountRegistered(command.accountId(), PersonalText.of(displayName));
    }

    List<AccountEvent> decide(AddAccountOwner command) {
        requireService();
        return owners.contains(command.ownerId())
                ? List.of()
                : List.of(new AccountOwnerAdded(accountId, command.ownerId()));
    }

    List<AccountEvent> decide(RemoveAccountOwner command) {
        requireService();
        return owners.contains(command.ownerId())
                ? List.of(new AccountOwnerRemoved(accountId, command.ownerId()))
                : List.of();
    }

    List<AccountEvent> decide(ChangeEmail command, String currentEmail) {
        requirePerson();
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
        requirePerson();
        requireEnabled();
        return List.of(new PasswordChanged(accountId, endOtherSessions));
    }

    List<AccountEvent> decideToIssueResetLink(Instant expiresAt) {
        requirePerson();
        requireEnabled();
        return List.of(new ResetLinkIssued(accountId, expiresAt));
    }

    List<AccountEvent> decideToResetPassword() {
        requirePerson();
        requireEnabled();
        return List.of(new PasswordReset(accountId));
    }

    List<AccountEvent> decideToErase() {
        return erased ? List.of() : List.of(new PersonalDataErased(accountId));
    }

    List<AccountEvent> decideToDisable() {
        requireNotErased();
        return enabled ? List.of(new AccountDisabled(accountId)) : List.of();
    }

    List<AccountEvent> decideToEnable() {
        requireNotErased();
        return enabled ? List.of() : List.of(new AccountEnabled(accountId));
    }

    List<AccountEvent> decideToGrantAdministrator() {
        requireNotErased();
        return administrator ? List.of() : List.of(new AdministratorGranted(accountId));
    }

    List<AccountEvent> decideToRevokeAdministrator() {
        requireNotErased();
        return administrator ? List.of(new AdministratorRevoked(accountId)) : List.of();
    }

    static AccountState evolve(@Nullable AccountState before, AccountEvent event, String eventId) {
        return switch (event) {
            case AccountRegistered registered ->
                new AccountState(
                        registered.accountId(),
                        new SealedText(registered.email(), eventId),
                        new SealedText(registered.displayName(), eventId),
                        registered.administrator(),
                        true,
                        false,
                        Set.of());
            case ServiceAccountRegistered registered ->
                new AccountState(
                        registered.accountId(),
                        null,
                        new SealedText(registered.displayName(), eventId),
                        false,
                        true,
                        false,
                        Set.of());
            default ->
                Objects.requireNonNull(before, "the first event of an account is its registration")
                        .evolve(event, eventId);
        };
    }

    private AccountState evolve(AccountEvent event, String eventId) {
        return switch (event) {
            case AccountRegistered _, ServiceAccountRegistered _ ->
                throw new IllegalStateException("registered twice: " + accountId);
            case EmailChanged changed ->
                new AccountState(
                        accountId,
                        new SealedText(changed.email(), eventId),
                        displayName,
                        administrator,
                        enabled,
                        erased,
                        owners);
            case DisplayNameChanged changed ->
                new AccountState(
                        accountId,
                        email,
                        new SealedText(changed.displayName(), eventId),
                        administrator,
                        enabled,
                        erased,
                        owners);
            case AccountDisabled _ -> withStatus(administrator, false);
            case AccountEnabled _ -> withStatus(administrator, true);
            case AdministratorGranted _ -> withStatus(true, enabled);
            case AdministratorRevoked _ -> withStatus(false, enabled);
            case AccountOwnerAdded added -> {
                var more = new HashSet<>(owners);
                more.add(added.ownerId());
                yield withOwners(more);
            }
            case AccountOwnerRemoved removed -> {
                var fewer = new HashSet<>(owners);
                fewer.remove(removed.ownerId());
                yield withOwners(fewer);
            }
            case PersonalDataErased _ -> new AccountState(accountId, email, displayName, false, false, true, Set.of());
            case PasswordChanged _, PasswordReset _, ResetLinkIssued _ -> this;
            case SignedIn _, SignInFailed _, SignedOut _ -> this;
        };
    }

    private AccountState withStatus(boolean nowAdministrator, boolean nowEnabled) {
        return new AccountState(accountId, email, displayName, nowAdministrator, nowEnabled, erased, owners);
    }

    private AccountState withOwners(Set<String> nowOwners) {
        return new AccountState(accountId, email, displayName, administrator, enabled, erased, Set.copyOf(nowOwners));
    }

    private void requireNotErased() {
        if (erased) {
            throw erasedAlready();
        }
    }

    static Refusal erasedAlready() {
        return new Refusal.Conflict(
                "account_erased", "The personal data of this account was erased: nothing about it can be changed.");
    }

    private void requirePerson() {
        requireNotErased();
        if (email == null) {
            throw new Refusal.Conflict(
                    "service_account", "This is a service account: it has no password, and nobody signs in with it.");
        }
    }

    private void requireService() {
        requireNotErased();
        if (email != null) {
            throw new Refusal.Conflict("not_a_service_account", "Only service accounts have owners.");
        }
    }

    private void requireEnabled() {
        requireNotErased();
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
