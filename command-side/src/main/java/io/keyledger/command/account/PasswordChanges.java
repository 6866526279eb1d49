package io.keyledger.command.account;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.ChangePassword;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.account.IssueResetLink;
import io.keyledger.api.account.ResetPassword;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.Commands;
import io.keyledger.command.Digests;
import io.keyledger.command.Receipt;
import io.keyledger.command.account.AccountMail.Letter;
import io.keyledger.command.account.AccountMail.Topic;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import org.springframework.web.util.UriComponentsBuilder;

/** The two ways to a new password, by the current one and by a link; for the API and the pages alike. */
@Component
@ForRole(ForRole.Role.COMMAND)
public final class PasswordChanges {

    /** Links that are asked for by mail for one address, whether or not an account has it. */
    private static final int MAILED_LINKS_PER_EMAIL_AN_HOUR = 3;

    /** Links that are asked for by mail from one place. */
    private static final int MAILED_LINKS_PER_CLIENT_AN_HOUR = 30;

    private static final Duration HOUR = Duration.ofHours(1);

    private final Commands commands;
    private final QueryGateway queries;
    private final Passwords passwords;
    private final ResetLinks links;
    private final WebSessions sessions;
    private final AccountMail mail;
    private final Clock clock;
    private final String publicUrl;

    /** @param publicUrl where people reach the pages; empty: where the request that is being answered reached them */
    PasswordChanges(
            Commands commands,
            QueryGateway queries,
            Passwords passwords,
            ResetLinks links,
            WebSessions sessions,
            AccountMail mail,
            Clock clock,
            @Value("${keyledger.public-url:}") String publicUrl) {
        this.commands = commands;
        this.queries = queries;
        this.passwords = passwords;
        this.links = links;
        this.sessions = sessions;
        this.mail = mail;
        this.clock = clock;
        this.publicUrl = publicUrl;
    }

    /** @param endOtherSessions absent: yes */
    public record NewPassword(
            @Nullable String currentPassword,
            @Nullable String newPassword,
            @Nullable String confirmNewPassword,
            @Nullable Boolean endOtherSessions) {

        @Override
        public String toString() {
            return "NewPassword[***]";
        }
    }

    /** Changes the password. The new one works, and the old one does not, from the moment this returns. */
    public Receipt change(Caller caller, NewPassword wanted, HttpServletRequest request) {
        var accountId = caller.requirePerson();
        var fields = new Fields();
        var current = fields.required("currentPassword", wanted.currentPassword());
        var replacement = fields.confirmed(wanted.newPassword(), wanted.confirmNewPassword());
        fields.refuseIfAny();
        var browserId = WebSessions.browserId(request);
        var verified = passwords.replace(accountId, current, replacement, caller.origin(), browserId);
        var endOthers = wanted.endOtherSessions() == null || wanted.endOtherSessions();
        var receipt = commands.send(
                caller, new ChangePassword(accountId, verified.verified(), verified.replacement(), endOthers));
        if (endOthers) {
            sessions.endOthers(request, accountId, receipt.result(Long.class));
        }
        tellOfNewPassword(caller, accountId);
        return receipt;
    }

    /**
     * What sets a password once, within an hour.
     *
     * @param link for the person; its secret stands behind the {@code #}, which browsers never send
     * @param secret the same, for {@code POST /api/password-reset}
     */
    public record ResetLink(String link, String secret, Instant expiresAt) {

        @Override
        public String toString() {
            return "ResetLink[***]";
        }
    }

    /** A link and the receipt of its issuing. */
    public record Issued(ResetLink link, Receipt receipt) {}

    /** Makes a link that sets an account's password once; a link made before is void. Called within a request. */
    public Issued issueLink(Caller caller, String accountId) {
        caller.requireProvisioner();
        queries.query(new GetAccount(accountId, null), AccountDetails.class)
                .join()
                .requireChangeableBy(caller);
        if (caller.kind() == Caller.Kind.TOKEN && passwords.isSet(accountId)) {
            // Otherwise a token could take over the account, and do what it does not hold itself.
            throw new Refusal.Forbidden(
                    "password_set",
                    "This account has a password. Its person asks for a link themselves, or an administrator makes"
                            + " one.");
        }
        var link = newLink();
        return new Issued(link, commands.send(caller, issue(accountId, link)));
    }

    ResetLink newLink() {
        return newLink(
                publicUrl.isEmpty()
                        ? ServletUriComponentsBuilder.fromCurrentContextPath()
                        : UriComponentsBuilder.fromUriString(publicUrl),
                clock);
    }

    /** @param pages where people reach them */
    public static ResetLink newLink(UriComponentsBuilder pages, Clock clock) {
        var secret = Passwords.newResetSecret();
        var link = pages.path("/set-password").fragment(secret).toUriString();
        return new ResetLink(
                link, secret, clock.instant().plus(ResetLinks.LIFETIME).truncatedTo(ChronoUnit.MILLIS));
    }

    public static IssueResetLink issue(String accountId, ResetLink link) {
        return new IssueResetLink(accountId, Digests.sha256(link.secret()), link.expiresAt());
    }

    /**
     * Mails a link to whoever has an account with this address. The answer, and the time it takes, are the same when
     * nobody has: all that depends on it happens later.
     *
     * @throws Refusal.Throttled when too many were asked for, for this address or from this place
     */
    public void mailLink(Caller caller, @Nullable String email) {
        var fields = new Fields();
        var given = fields.required("email", email == null ? null : email.strip());
        fields.refuseIfAny();
        if (publicUrl.isEmpty()) {
            throw new IllegalStateException("a mailed link never comes from the headers of whoever asks for it");
        }
        var client = ClientAddress.client(String.valueOf(caller.origin().ipAddress()));
        if (!passwords.mayHappen("mailed-link-client:" + client, MAILED_LINKS_PER_CLIENT_AN_HOUR, HOUR)
                || !passwords.mayHappen(
                        "mailed-link-email:" + EmailAddress.key(given), MAILED_LINKS_PER_EMAIL_AN_HOUR, HOUR)) {
            throw new Refusal.Throttled(
                    "too_many_mailed_links",
                    "Too many links were asked for. Look for the mails that came, or try again in an hour.",
                    HOUR);
        }
        var anonymous = Caller.anonymous(caller.origin());
        var taken = mail.send(
                caller.origin(),
                () -> passwords.enabledAccount(given).map(account -> {
                    var link = newLink();
                    commands.send(anonymous, issue(account.accountId(), link));
                    // To the address that the account has, never to the one that was typed: they may differ in more
                    // than case.
                    return new Letter(Topic.RESET_LINK, account.email(), link.link());
                }));
        if (!taken) {
            throw new Refusal.Unavailable(
                    "mail_busy",
                    "Too many mails are waiting to be sent. Try again in a moment.",
                    Duration.ofSeconds(30));
        }
    }

    /** Whoever changed it may not be the person it belongs to (ASVS 5, 6.3.7). */
    private void tellOfNewPassword(Caller caller, String accountId) {
        mail.send(
                caller.origin(),
                () -> Optional.of(new Letter(Topic.PASSWORD_CHANGED, passwords.emailOf(accountId), null)));
    }

    /** A new password, and the secret of the link that allows to set it. */
    public record PasswordReset(
            @Nullable String secret,
            @Nullable String newPassword,
            @Nullable String confirmNewPassword) {

        @Override
        public String toString() {
            return "PasswordReset[***]";
        }
    }

    /** Sets the password through a link, which is used up by it. All sessions of the account end. */
    public Receipt reset(Caller caller, PasswordReset wanted) {
        var fields = new Fields();
        var secret = fields.required("secret", wanted.secret());
        var newPassword = fields.confirmed(wanted.newPassword(), wanted.confirmNewPassword());
        fields.refuseIfAny();
        passwords.checkResetGuesses(caller.origin());
        var digest = Digests.sha256(secret);
        var accountId = links.accountOf(digest).orElseThrow(() -> {
            passwords.recordWrongResetSecret(caller.origin());
            return ResetLinks.invalid();
        });
        var replacement = passwords.reset(accountId, newPassword);
        var receipt =
                commands.send(Caller.anonymous(caller.origin()), new ResetPassword(accountId, digest, replacement));
        tellOfNewPassword(caller, accountId);
        return receipt;
    }
}
