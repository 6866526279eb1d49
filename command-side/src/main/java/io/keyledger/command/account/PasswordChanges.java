package io.keyledger.command.account;

import io.keyledger.api.ForRole;
import io.keyledger.api.account.ChangePassword;
import io.keyledger.api.account.IssueResetLink;
import io.keyledger.api.account.ResetPassword;
import io.keyledger.api.authentication.Caller;
import io.keyledger.command.Commands;
import io.keyledger.command.Digests;
import io.keyledger.command.Receipt;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;

/** The two ways to a new password, by the current one and by a link; for the API and the pages alike. */
@Component
@ForRole(ForRole.Role.COMMAND)
public final class PasswordChanges {

    private final Commands commands;
    private final Passwords passwords;
    private final ResetLinks links;
    private final WebSessions sessions;
    private final Clock clock;

    PasswordChanges(Commands commands, Passwords passwords, ResetLinks links, WebSessions sessions, Clock clock) {
        this.commands = commands;
        this.passwords = passwords;
        this.links = links;
        this.sessions = sessions;
        this.clock = clock;
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
        caller.requireAdministrator();
        var link = newLink();
        return new Issued(link, commands.send(caller, issue(accountId, link)));
    }

    ResetLink newLink() {
        var secret = Passwords.newResetSecret();
        var link = ServletUriComponentsBuilder.fromCurrentContextPath()
                .path("/set-password")
                .fragment(secret)
                .toUriString();
        return new ResetLink(
                link, secret, clock.instant().plus(ResetLinks.LIFETIME).truncatedTo(ChronoUnit.MILLIS));
    }

    static IssueResetLink issue(String accountId, ResetLink link) {
        return new IssueResetLink(accountId, Digests.sha256(link.secret()), link.expiresAt());
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
        return commands.send(Caller.anonymous(caller.origin()), new ResetPassword(accountId, digest, replacement));
    }
}
