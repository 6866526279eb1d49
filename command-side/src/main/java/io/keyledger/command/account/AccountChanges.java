package io.keyledger.command.account;

import io.keyledger.api.ForRole;
import io.keyledger.api.Ids;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.ChangeDisplayName;
import io.keyledger.api.account.ChangeEmail;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.account.RegisterAccount;
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

    /** @param password absent: a link will set it; only administrators may leave it out */
    public record NewAccount(
            @Nullable String email,
            @Nullable String displayName,
            @Nullable String password) {

        @Override
        public String toString() {
            return "NewAccount[***]";
        }
    }

    /** @param link sets the first password; absent when one was given */
    public record Registered(String accountId, @Nullable ResetLink link, Receipt receipt) {}

    /** Registers an account: administrators, or anyone where registration is open. Called within a request. */
    public Registered register(Caller caller, NewAccount wanted) {
        if (openRegistration && !caller.administrator()) {
            checkStranger(caller, wanted);
        } else {
            caller.requireAdministrator();
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
            var current = queries.query(new GetAccount(accountId, null), AccountDetails.class)
                    .join();
            if (wanted.email() == null || !current.email().equals(wanted.email().strip())) {
                formerEmail = current.email();
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
