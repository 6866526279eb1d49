package io.keyledger.query.account;

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
import io.keyledger.api.account.PersonalDataKeys;
import io.keyledger.api.account.PersonalDataKeys.Keyring;
import io.keyledger.api.account.PersonalText;
import io.keyledger.api.account.ResetLinkIssued;
import io.keyledger.api.account.ServiceAccountRegistered;
import io.keyledger.api.account.SignInFailed;
import io.keyledger.api.account.SignedIn;
import io.keyledger.api.account.SignedOut;
import io.keyledger.query.LogEntry;
import java.time.Instant;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * An account as its events tell it: a row of {@code projection.account} with those of {@code projection.account_owner},
 * or what they were at some time. A pure fold: the live tables, their rebuild and the past come from the same function.
 *
 * @param email absent for a service account, and once erased
 * @param service nobody signs in with it
 * @param erased whether its personal data was destroyed
 * @param owners ids of the persons who manage the tokens of a service account
 * @param sessionEpoch sequence number of the event that last ended all sessions
 * @param passwordChangedAt absent: no password was ever changed
 * @param version sequence number of the last event that was applied
 */
public record AccountRow(
        String accountId,
        @Nullable String email,
        String displayName,
        boolean administrator,
        boolean enabled,
        boolean service,
        boolean erased,
        SortedSet<String> owners,
        long sessionEpoch,
        Instant createdAt,
        @Nullable Instant passwordChangedAt,
        long version) {

    /**
     * The account after one more event; the same object where that changes nothing, because it was applied before or is
     * no part of the account's stream.
     *
     * @param before absent before the first event
     * @param keyring of the account
     * @throws IllegalStateException when an event before this one is missing
     */
    public static @Nullable AccountRow evolve(@Nullable AccountRow before, LogEntry entry, Keyring keyring) {
        var event = (AccountEvent) entry.event();
        if (isObservation(event) || !entry.follows(event.accountId(), before == null ? null : before.version)) {
            return before;
        }
        var next = new Next(before, event.accountId(), entry, keyring);
        next.apply(event);
        return next.row();
    }

    /** Whether it is no part of the account's own stream, and changes nothing here. */
    public static boolean isObservation(AccountEvent event) {
        return event instanceof SignedIn || event instanceof SignInFailed || event instanceof SignedOut;
    }

    /** The next row in the making: most events change one component of many. */
    private static final class Next {

        private final String accountId;
        private final LogEntry entry;
        private final Keyring keyring;
        private @Nullable String email;
        private String displayName = "";
        private boolean administrator;
        private boolean enabled = true;
        private boolean service;
        private boolean erased;
        private final SortedSet<String> owners = new TreeSet<>();
        private long sessionEpoch;
        private Instant createdAt;
        private @Nullable Instant passwordChangedAt;

        Next(@Nullable AccountRow before, String accountId, LogEntry entry, Keyring keyring) {
            this.accountId = accountId;
            this.entry = entry;
            this.keyring = keyring;
            sessionEpoch = entry.sequenceNumber();
            createdAt = entry.occurredAt();
            if (before != null) {
                email = before.email;
                displayName = before.displayName;
                administrator = before.administrator;
                enabled = before.enabled;
                service = before.service;
                erased = before.erased;
                owners.addAll(before.owners);
                sessionEpoch = before.sessionEpoch;
                createdAt = before.createdAt;
                passwordChangedAt = before.passwordChangedAt;
            }
        }

        void apply(AccountEvent event) {
            switch (event) {
                case AccountRegistered registered -> {
                    email = open(registered.email());
                    displayName = open(registered.displayName());
                    administrator = registered.administrator();
                }
                case ServiceAccountRegistered registered -> {
                    displayName = open(registered.displayName());
                    service = true;
                }
                case EmailChanged changed -> email = open(changed.email());
                case DisplayNameChanged changed -> displayName = open(changed.displayName());
                case PasswordChanged changed -> passwordSet(changed.otherSessionsEnded());
                case PasswordReset _ -> passwordSet(true);
                case AccountDisabled _ -> {
                    enabled = false;
                    sessionEpoch = entry.sequenceNumber();
                }
                case AccountEnabled _ -> enabled = true;
                case AdministratorGranted _ -> administrator = true;
                case AdministratorRevoked _ -> administrator = false;
                case AccountOwnerAdded added -> owners.add(added.ownerId());
                case AccountOwnerRemoved removed -> owners.remove(removed.ownerId());
                case PersonalDataErased _ -> {
                    email = null;
                    displayName = PersonalDataKeys.ERASED;
                    administrator = false;
                    enabled = false;
                    erased = true;
                    owners.clear();
                    sessionEpoch = entry.sequenceNumber();
                }
                case ResetLinkIssued _ -> {}
                case SignedIn _, SignInFailed _, SignedOut _ ->
                    throw new IllegalStateException("no part of the account's own stream: " + event);
            }
        }

        private void passwordSet(boolean sessionsEnded) {
            passwordChangedAt = entry.occurredAt();
            if (sessionsEnded) {
                sessionEpoch = entry.sequenceNumber();
            }
        }

        private String open(PersonalText text) {
            return keyring.open(accountId, entry.eventId(), text);
        }

        AccountRow row() {
            return new AccountRow(
                    accountId,
                    email,
                    displayName,
                    administrator,
                    enabled,
                    service,
                    erased,
                    owners,
                    sessionEpoch,
                    createdAt,
                    passwordChangedAt,
                    entry.sequenceNumber());
        }
    }

    @Override
    public String toString() {
        return "AccountRow[" + accountId + " at " + version + "]";
    }
}
