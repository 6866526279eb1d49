package io.keyledger.command.account;

import io.keyledger.api.ForRole;
import io.keyledger.api.account.AccountDetails;
import io.keyledger.api.account.GetAccount;
import io.keyledger.api.audit.AuditEventPage;
import io.keyledger.api.audit.FindAuditEvents;
import io.keyledger.api.authentication.Caller;
import io.keyledger.api.token.FindTokens;
import io.keyledger.api.token.GetTokenUse;
import io.keyledger.api.token.TokenPage;
import io.keyledger.api.token.TokenStatus;
import io.keyledger.api.token.TokenUse;
import io.keyledger.command.Commands;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.EnumSet;
import org.axonframework.queryhandling.QueryGateway;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ContentDisposition;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.stereotype.Component;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.json.JsonMapper;

/**
 * What is known about a person, as one JSON document for them; for the API and the pages alike. Written as it is read, a
 * page at a time, so that it may be of any length.
 */
@Component
@ForRole(ForRole.Role.COMMAND)
public final class PersonalDataDownload {

    private static final int AT_ONCE = 100;

    private final Commands commands;
    private final QueryGateway queries;
    private final SignInSessions sessions;
    private final JsonMapper json;

    PersonalDataDownload(Commands commands, QueryGateway queries, SignInSessions sessions, JsonMapper json) {
        this.commands = commands;
        this.queries = queries;
        this.sessions = sessions;
        this.json = json;
    }

    /** Answers with the caller's own: all that had happened when it was asked for. */
    public void send(Caller caller, HttpServletResponse response) throws IOException {
        var accountId = caller.requirePerson();
        var position = commands.head();
        // What can be refused comes before the first byte.
        var account = queries.query(new GetAccount(accountId, position), AccountDetails.class)
                .join();
        var mySessions = sessions.list(caller);
        var tokens = tokens(accountId, null, position);
        var events = events(accountId, null, position);

        response.setContentType(MediaType.APPLICATION_JSON_VALUE);
        response.setHeader(
                HttpHeaders.CONTENT_DISPOSITION,
                ContentDisposition.attachment()
                        .filename("personal-data.json")
                        .build()
                        .toString());
        try (var out = json.createGenerator(response.getOutputStream())) {
            out.writeStartObject();
            out.writeNumberProperty("position", position);
            out.writePOJOProperty("account", account);
            out.writePOJOProperty("sessions", mySessions);
            out.writeArrayPropertyStart("tokens");
            write(out, accountId, tokens, position);
            out.writeEndArray();
            out.writeArrayPropertyStart("auditEvents");
            write(out, accountId, events, position);
            out.writeEndArray();
            out.writeEndObject();
        }
    }

    private void write(JsonGenerator out, String accountId, TokenPage first, long position) {
        for (var page = first; ; page = tokens(accountId, page.nextCursor(), position)) {
            for (var token : page.items()) {
                out.writeStartObject();
                out.writePOJOProperty("token", token);
                out.writePOJOProperty(
                        "use",
                        queries.query(new GetTokenUse(accountId, token.id(), null), TokenUse.class)
                                .join());
                out.writeEndObject();
            }
            if (page.nextCursor() == null) {
                return;
            }
        }
    }

    private void write(JsonGenerator out, String accountId, AuditEventPage first, long position) {
        for (var page = first; ; page = events(accountId, page.nextCursor(), position)) {
            page.items().forEach(out::writePOJO);
            if (page.nextCursor() == null) {
                return;
            }
        }
    }

    private TokenPage tokens(String accountId, @Nullable String cursor, long position) {
        var all = EnumSet.allOf(TokenStatus.class);
        return queries.query(
                        new FindTokens(accountId, all, null, "createdAt", AT_ONCE, cursor, position), TokenPage.class)
                .join();
    }

    /** What happened to their account and what they did; an administrator's address is not theirs to know. */
    private AuditEventPage events(String accountId, @Nullable String cursor, long position) {
        return queries.query(
                        new FindAuditEvents(
                                accountId, false, null, null, null, null, null, null, AT_ONCE, cursor, position),
                        AuditEventPage.class)
                .join();
    }
}
