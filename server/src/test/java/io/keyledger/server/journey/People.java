package io.keyledger.server.journey;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client.Answer;
import java.util.Arrays;
import java.util.stream.Collectors;

/** What people do over and over: sign in, register somebody, create tokens. */
public final class People {

    public static final String PASSWORD = "seven wooden ladders";

    private People() {}

    /** Somebody with an account, and a session. */
    public record Person(String accountId, String email, Client session) {}

    /** A token as its creation answered. */
    public record Issued(String id, String value, Answer created) {}

    /** With the session's cookie and the token that goes with it. */
    public static Client signIn(Client client, String email, String password) {
        var answer = trySignIn(client, email, password);
        assertThat(answer.status()).as("%s", answer).isEqualTo(204);
        return withCookies(client, answer);
    }

    public static Answer trySignIn(Client client, String email, String password) {
        return client.post("/api/session", "{\"email\": \"%s\", \"password\": \"%s\"}".formatted(email, password));
    }

    /** What a browser sends after this answer to a sign-in. */
    static Client withCookies(Client client, Answer signIn) {
        var cookies = signIn.response().headers().allValues("Set-Cookie").stream()
                .map(cookie -> cookie.substring(0, cookie.indexOf(';')))
                .toList();
        var csrf = cookies.stream()
                .filter(cookie -> cookie.startsWith("XSRF-TOKEN="))
                .findFirst()
                .orElseThrow();
        return client.header("Cookie", String.join("; ", cookies))
                .header("X-XSRF-TOKEN", csrf.substring(csrf.indexOf('=') + 1));
    }

    /** Registers somebody and signs them in where the administrator is. */
    public static Person register(Client administrator, Client client, String name) {
        var email = name + "@example.org";
        var answer = administrator.post("/api/accounts", """
            {"email": "%s", "displayName": "Somebody", "password": "%s"}\
            """.formatted(email, PASSWORD));
        assertThat(answer.status()).as("%s", answer).isEqualTo(201);
        return new Person(answer.json().path("id").asString(), email, signIn(client, email, PASSWORD));
    }

    public static Issued createToken(Client owner, String name, String... permissions) {
        var answer = tryCreateToken(owner, name, permissions);
        assertThat(answer.status()).as("%s", answer).isEqualTo(201);
        return issued(answer);
    }

    static Answer tryCreateToken(Client owner, String name, String... permissions) {
        return owner.post("/api/tokens", """
            {"name": "%s", "permissions": [%s]}\
            """.formatted(
                        name,
                        Arrays.stream(permissions)
                                .map(permission -> "\"" + permission + "\"")
                                .collect(Collectors.joining(", "))));
    }

    static Issued issued(Answer created) {
        return new Issued(
                created.json().path("id").asString(),
                created.json().path("value").asString(),
                created);
    }

    /** Whether this node accepts the token. */
    static int status(ServerProcess node, String tokenValue) {
        return node.client().token(tokenValue).get("/api/tokens/self").status();
    }
}
