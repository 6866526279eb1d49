package io.keyledger.server.rest;

import static io.keyledger.server.rest.Contract.expect;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.server.journey.Client;
import io.keyledger.server.journey.Client.Answer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.springframework.web.util.HtmlUtils;

/** Pages as a browser without scripts asks for them, and what stands in them. */
final class Html {

    private static final Pattern SENTENCE =
            Pattern.compile("<p class=\"timeline-sentence text\">(.*?)</p>", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("<a ([^>]*)>");
    private static final Pattern ADDRESS = Pattern.compile("href=\"([^\"]*)\"");

    private Html() {}

    static Client browser(Client client) {
        return client.header("Accept", "text/html,application/xhtml+xml").header("Accept-Language", "en");
    }

    static Answer get(Client client, String path) {
        return browser(client).get(path);
    }

    /** A page that is there, and asks for no text that is missing. */
    static String page(Client client, String path) {
        var answer = expect(get(client, path), 200);
        assertThat(answer.header("Content-Type")).startsWith("text/html");
        assertThat(answer.header("Cache-Control")).contains("no-store");
        assertThat(answer.response().body().stripTrailing())
                .doesNotContain("??")
                .endsWith("</html>");
        return answer.response().body();
    }

    /** @param fields names and values in turn */
    static Answer post(Client client, String path, String... fields) {
        var body = new ArrayList<String>();
        for (var i = 0; i < fields.length; i += 2) {
            body.add(fields[i] + "=" + URLEncoder.encode(fields[i + 1], StandardCharsets.UTF_8));
        }
        return browser(client).send("POST", path, "application/x-www-form-urlencoded", String.join("&", body));
    }

    /** What a reader sees, on one line. */
    static String text(String html) {
        return HtmlUtils.htmlUnescape(html.replaceAll("(?s)<head>.*?</head>", "")
                        .replaceAll("</?(bdi|span|strong|code)[^>]*>", "")
                        .replaceAll("<[^>]*>", " "))
                .replaceAll("\\s+", " ")
                .strip();
    }

    static String text(Answer answer) {
        return text(answer.response().body());
    }

    /** The sentences of a timeline, as they stand there. */
    static List<String> sentences(String html) {
        return SENTENCE.matcher(html)
                .results()
                .map(sentence -> text(sentence.group(1)))
                .toList();
    }

    /** Where the link of this text leads; empty where there is none. */
    static String link(String html, String text) {
        return LINK.matcher(html)
                .results()
                .filter(link -> text(html.substring(link.end(), html.indexOf("</a>", link.end())))
                        .equals(text))
                .map(link -> ADDRESS.matcher(link.group(1)))
                .filter(address -> address.find())
                .map(address -> HtmlUtils.htmlUnescape(address.group(1)))
                .findFirst()
                .orElse("");
    }

    /** The value of the first hidden field of this name. */
    static String hidden(String html, String name) {
        return Pattern.compile("<input type=\"hidden\" name=\"%s\" value=\"([^\"]*)\"".formatted(name))
                .matcher(html)
                .results()
                .map((MatchResult field) -> HtmlUtils.htmlUnescape(field.group(1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no field " + name + " in " + html));
    }
}
