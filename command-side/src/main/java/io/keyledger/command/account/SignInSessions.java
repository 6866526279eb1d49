package io.keyledger.command.account;

import io.keyledger.api.ForRole;
import io.keyledger.api.Refusal;
import io.keyledger.api.account.RecordSignIn;
import io.keyledger.api.account.RecordSignOut;
import io.keyledger.api.account.SignInMethod;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.authentication.PermissionCatalogue;
import io.keyledger.command.Commands;
import io.keyledger.command.Receipt;
import io.keyledger.command.account.WebSessions.SessionDetails;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Signing in and out, and the list of where somebody is signed in; for the API and the pages alike. */
@Component
@ForRole(ForRole.Role.COMMAND)
public final class SignInSessions {

    private final Commands commands;
    private final Passwords passwords;
    private final WebSessions sessions;
    private final PermissionCatalogue permissions;

    SignInSessions(Commands commands, Passwords passwords, WebSessions sessions, PermissionCatalogue permissions) {
        this.commands = commands;
        this.passwords = passwords;
        this.sessions = sessions;
        this.permissions = permissions;
    }

    /** Starts a web session: its cookies are in the response. */
    public Receipt signIn(
            Caller caller,
            @Nullable String email,
            @Nullable String password,
            HttpServletRequest request,
            HttpServletResponse response) {
        var fields = new Fields();
        var givenEmail = fields.required("email", email);
        var givenPassword = fields.required("password", password);
        fields.refuseIfAny();
        var origin = caller.origin();
        var verified = passwords.signIn(
                givenEmail, givenPassword, origin, WebSessions.browserId(request), SignInMethod.SESSION);
        var sessionId = sessions.start(request, verified, origin);
        passwords.rememberClient(verified.accountId(), origin, WebSessions.rememberBrowser(request, response));
        var person = new Caller(
                Caller.Kind.SESSION,
                verified.accountId(),
                null,
                sessionId,
                verified.administrator(),
                permissions.heldBy(verified.administrator()),
                origin);
        return commands.send(person, new RecordSignIn(verified.accountId(), SignInMethod.SESSION, sessionId));
    }

    /** Ends the web session that the request came with. */
    public Receipt signOut(Caller caller, HttpServletRequest request) {
        var accountId = caller.requirePerson();
        if (caller.sessionId() == null) {
            throw sessionNotFound();
        }
        WebSessions.end(request);
        return commands.send(caller, new RecordSignOut(accountId, caller.sessionId()));
    }

    /** The caller's web sessions, as they are now; the one seen last first. */
    public List<SessionDetails> list(Caller caller) {
        var accountId = caller.requirePerson();
        return sessions.of(accountId, passwords.sessionEpoch(accountId), caller.sessionId());
    }

    /** Ends one of the caller's web sessions. */
    public Receipt end(Caller caller, String sessionId) {
        var accountId = caller.requirePerson();
        if (!sessions.end(accountId, passwords.sessionEpoch(accountId), sessionId)) {
            throw sessionNotFound();
        }
        return commands.send(caller, new RecordSignOut(accountId, sessionId));
    }

    private static Refusal sessionNotFound() {
        return new Refusal.NotFound("session_not_found", "There is no such session.");
    }
}
