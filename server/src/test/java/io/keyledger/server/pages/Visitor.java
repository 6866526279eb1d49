package io.keyledger.server.pages;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import io.keyledger.server.journey.ServerProcess;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.web.util.HtmlUtils;

/** Somebody with a browser without scripts: keeps cookies, shows pages, sends forms. Follows no redirects. */
final class Visitor {

    private static final Pattern TAG = Pattern.compile("<[^>]*>");

    private final Client client;
    private final Map<String, String> cookies = new LinkedHashMap<>();

    private Visitor(Client client) {
        this.client = client;
    }

    static Visitor of(ServerProcess server) {
        return of(server, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    }

    static Visitor of(ServerProcess server, String userAgent) {
        return new Visitor(server.client().header("Accept", "text/html").header("User-Agent", userAgent));
    }

    Visitor language(String language) {
        return new Visitor(client.header("Accept-Language", language));
    }

    Visitor signIn(String email, String password) {
        assertThat(trySignIn(email, password).status()).isEqualTo(302);
        return this;
    }

    Answer trySignIn(String email, String password) {
        return submit("/sign-in", "email", email, "password", password);
    }

    Answer get(String path) {
        return keep(withCookies().get(path));
    }

    /** With the field against cross-site requests, as the page has it. */
    Answer submit(String path, String... fields) {
        return submit(path, form(fields) + "&_csrf=" + cookies.getOrDefault("XSRF-TOKEN", "none"));
    }

    private Answer submit(String path, String body) {
        return keep(withCookies().send("POST", path, "application/x-www-form-urlencoded", body));
    }

    /** Forgets the session, as if it had expired. */
    void loseSession() {
        cookies.remove("keyledger_session");
    }

    static String form(String... fields) {
        List<String> pairs = new ArrayList<>();
        for (var i = 0; i < fields.length; i += 2) {
            pairs.add(fields[i] + "=" + URLEncoder.encode(fields[i + 1], StandardCharsets.UTF_8));
        }
        return String.join("&", pairs);
    }

    private Client withCookies() {
        return cookies.isEmpty()
                ? client
                : client.header(
                        "Cookie",
                        cookies.entrySet().stream()
                                .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
                                .collect(Collectors.joining("; ")));
    }

    private Answer keep(Answer answer) {
        for (var cookie : answer.response().headers().allValues("Set-Cookie")) {
            var pair = cookie.substring(0, cookie.indexOf(';')).split("=", 2);
            if (cookie.contains("Max-Age=0")) {
                cookies.remove(pair[0]);
            } else {
                cookies.put(pair[0], pair[1]);
            }
        }
        return answer;
    }

    /** What a page says, without its tags. */
    static String text(Answer page) {
        var body = page.response().body();
        return HtmlUtils.htmlUnescape(TAG.matcher(body).replaceAll(" ")).replaceAll("\\s+", " ");
    }

    /** What stands as the error of the field with this id; empty: nothing. */
    static String error(Answer page, String id) {
        var error = Pattern.compile("id=\"" + id + "-error\">([^<]*)<")
                .matcher(page.response().body());
        return error.find() ? HtmlUtils.htmlUnescape(error.group(1)) : "";
    }

    /** The value of the field with this name. */
    static String value(Answer page, String name) {
        var field = Pattern.compile("<input[^>]* name=\"" + name + "\"[^>]*>")
                .matcher(page.response().body());
        assertThat(field.find()).as("%s in %s", name, page).isTrue();
        var value = Pattern.compile(" value=\"([^\"]*)\"").matcher(field.group());
        return value.find() ? HtmlUtils.htmlUnescape(value.group(1)) : "";
    }
}
