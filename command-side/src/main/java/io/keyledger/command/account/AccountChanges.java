package io.keyledger.command.account;

import io.keyledger.api.ForRole;
import io.keyledger.api.Ids;
import io.keyledger.api.Refusal;
import io.keyledger.api.Refusal.FieldError;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.AccountType;
import io.keyledger.api.account.AddAccountOwner;
import io.keyledger.api.account.ChangeDisplayName;
import io.keyledger.api.account.ChangeEmail;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.account.RegisterAccount;
import io.keyledger.api.account.RegisterServiceAccount;
import io.keyledger.api.account.RemoveAccountOwner;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.Commands;
import io.keyledger.command.Receipt;
import io.keyledger.command.account.AccountMail.Letter;
import io.keyledger.command.account.AccountMail.Topic;
import io.keyledger.command.account.PasswordChanges.ResetLink;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/** Registering accounts and changing one's own; for the API and the pages alike. */
@Component
@ForRole(ForRole.Role.COMMAND)
public final class AccountChanges {

    /** Registrations by strangers, per address and hour, where registration is open. */
    private static final int OPEN_REGISTRATIONS_AN_HOUR = 20;

    private static final int OWNERS_MAX = 100;

    private final Commands commands;
    private final QueryGateway queries;
    private final Passwords passwords;
    private final PasswordChanges links;
    private final AccountMail mail;
    private final boolean openRegistration;

    AccountChanges(
            Commands commands,
            QueryGateway queries,
            Passwords passwords,
            PasswordChanges links,
            AccountMail mail,
            @Value("${keyledger.registration}") String registration) {
        this.commands = commands;
        this.queries = queries;
        this.passwords = passwords;
        this.links = links;
        this.mail = mail;
        this.openRegistration = registration.equals("open");
    }

    /**
     * What a new account shall be.
     *
     * @param type absent: a person's
     * @param email of a person
     * @param password absent: a link will set it; strangers may not leave it out
     * @param owners ids of the persons who manage the tokens of a service account; absent: administrators alone do
     */
    public record NewAccount(
            @Nullable AccountType type,
            @Nullable String email,
            @Nullable String displayName,
            @Nullable String password,
            @Nullable Set<String> owners) {

        @Override
        public String toString() {
            return "NewAccount[***]";
        }
    }

    /** @param link sets the first password; absent when one was given, and for service accounts */
    public record Registered(String accountId, @Nullable ResetLink link, Receipt receipt) {}

    /**
     * Registers an account. A person's: administrators, tokens that may, or anyone where registration is open; a
     * service account: administrators. Called within a request.
     */
    public Registered register(Caller caller, NewAccount wanted) {
        return wanted.type() == AccountType.SERVICE ? registerService(caller, wanted) : registerPerson(caller, wanted);
    }

    private Registered registerService(Caller caller, NewAccount wanted) {
        caller.requireAdministrator();
        var errors = new ArrayList<FieldError>();
        if (wanted.email() != null) {
            errors.add(new FieldError("email", "not_for_service_accounts", "A service account has no email address."));
        }
        if (wanted.password() != null) {
            errors.add(new FieldError("password", "not_for_service_accounts", "Nobody signs in with it."));
        }
        var owners = wanted.owners() == null ? Set.<String>of() : wanted.owners();
        if (owners.size() > OWNERS_MAX) {
            errors.add(new FieldError("owners", "too_many", "Name at most %d owners.".formatted(OWNERS_MAX)));
        } else if (!owners.stream().allMatch(this::mayOwn)) {
            errors.add(new FieldError("owners", "no_such_person", "Give the ids of enabled persons' accounts."));
        }
        if (!errors.isEmpty()) {
            throw new Refusal.Unprocessable(errors);
        }
        var accountId = Ids.newAccountId();
        var toSend = new ArrayList<Object>();
        toSend.add(new RegisterServiceAccount(accountId, wanted.displayName()));
        owners.forEach(owner -> toSend.add(new AddAccountOwner(accountId, owner)));
        return new Registered(accountId, null, commands.send(caller, null, toSend));
    }

    private boolean mayOwn(String accountId) {
        try {
            return mayOwn(account(accountId));
        } catch (CompletionException e) {
            if (e.getCause() instanceof Refusal.NotFound) {
                return false;
            }
            throw e;
        }
    }

    private static boolean mayOwn(AccountDetails account) {
        return account.type() == AccountType.PERSON && account.enabled();
    }

    private AccountDetails account(String accountId) {
        return queries.query(new GetAccount(accountId, null), AccountDetails.class)
                .join();
    }

    /**
     * Lets a person manage the tokens of a service account.
     *
     * @throws Refusal.Unprocessable unless it is an enabled person
     */
    public Receipt addOwner(Caller caller, String accountId, String ownerId) {
        caller.requireAdministrator();
        if (!mayOwn(account(ownerId))) {
            throw new Refusal.Unprocessable("no_such_person", "An owner is an enabled account of a person.");
        }
        return commands.send(caller, new AddAccountOwner(accountId, ownerId));
    }

    /** Ends a person's say over the tokens of a service account. Values that they know stay good: rotate those. */
    public Receipt removeOwner(Caller caller, String accountId, String ownerId) {
        caller.requireAdministrator();
        return commands.send(caller, new RemoveAccountOwner(accountId, ownerId));
    }

    private Registered registerPerson(Caller caller, NewAccount wanted) {
        if (openRegistration && !caller.administrator()) {
            checkStranger(caller, wanted);
        } else {
            caller.requireProvisioner();
        }
        if (wanted.owners() != null) {
            throw new Refusal.Unprocessable(
                    "owners", "only_for_service_accounts", "Only service accounts have owners.");
        }
        var accountId = Ids.newAccountId();
        // The rules for email and name come first: they cost nothing, and hashing does.
        AccountState.decide(new RegisterAccount(accountId, wanted.email(), wanted.displayName(), false, null));
        var hash = wanted.password() == null
                ? null
                : passwords.first(
                        wanted.password(),
                        Objects.requireNonNull(wanted.email()),
                        Objects.requireNonNull(wanted.displayName()));
        var toSend = new ArrayList<Object>();
        toSend.add(new RegisterAccount(accountId, wanted.email(), wanted.displayName(), false, hash));
        var link = hash == null ? links.newLink() : null;
        if (link != null) {
            toSend.add(PasswordChanges.issue(accountId, link));
        }
        return new Registered(accountId, link, commands.send(caller, null, toSend));
    }

    private void checkStranger(Caller caller, NewAccount wanted) {
        if (wanted.password() == null) {
            throw new Refusal.Unprocessable("password", "required", "Choose a password.");
        }
        var period = Duration.ofHours(1);
        if (!passwords.mayHappen("registration:" + caller.origin().ipAddress(), OPEN_REGISTRATIONS_AN_HOUR, period)) {
            throw new Refusal.Throttled(
                    "too_many_registrations", "Too many accounts from this address. Try again later.", period);
        }
    }

    /** A wanted value for one's own account; what is not wanted is null. */
    public record Profile(
            @Nullable String email,
            @Nullable String displayName,
            @Nullable String currentPassword) {

        @Override
        public String toString() {
            return "Profile[***]";
        }
    }

    /** Which parts of a {@link Profile} are to be changed. */
    public record Parts(boolean email, boolean displayName) {}

    /**
     * Changes the caller's own email address, which asks for the current password, and display name.
     *
     * @param version that the account must have; absent: any
     */
    public Receipt changeProfile(
            Caller caller, @Nullable Long version, Profile wanted, Parts parts, HttpServletRequest request) {
        var accountId = caller.requirePerson();
        var toSend = new ArrayList<Object>();
        if (parts.displayName()) {
            toSend.add(new ChangeDisplayName(accountId, wanted.displayName()));
        }
        String formerEmail = null;
        if (parts.email()) {
            var current = account(accountId).email();
            if (wanted.email() == null || !wanted.email().strip().equals(current)) {
                formerEmail = current;
                passwords.confirm(accountId, wanted.currentPassword(), caller.origin(), WebSessions.browserId(request));
            }
            toSend.add(new ChangeEmail(accountId, wanted.email()));
        }
        var receipt = commands.send(caller, version, toSend);
        if (formerEmail != null) {
            // To the former address: whoever changed it may not be the person it belongs to (ASVS 5, 6.3.7).
            var letter = Optional.of(new Letter(Topic.EMAIL_CHANGED, formerEmail, null));
            mail.send(caller.origin(), () -> letter);
        }
        return receipt;
    }
}
