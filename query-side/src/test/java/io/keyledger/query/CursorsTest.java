package io.keyledger.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keyledger.api.Refusal;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorsTest {

    private static final Instant NOON = Instant.parse("2026-11-30T12:00:00Z");
    private static final List<@Nullable Object> LIST = Arrays.asList("tokens", "acc_ada", null, "name");

    private final Cursors cursors = at(NOON);

    @Test
    void reads_what_it_wrote() {
        var cursor = cursors.write(LIST, List.of("büro \"1\"", "tok_1"));

        assertThat(cursors.read(LIST, cursor)).containsExactly("büro \"1\"", "tok_1");
    }

    @Test
    void no_cursor_is_the_first_page() {
        assertThat(cursors.read(LIST, null)).isNull();
    }

    @Test
    void fits_into_a_url_and_shows_nothing_of_the_row() {
        var cursor = cursors.write(LIST, List.of("salaries", "tok_1"));

        assertThat(cursor).matches("[A-Za-z0-9_-]+");
        assertThat(new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.ISO_8859_1))
                .doesNotContain("salaries", "tok_1");
        assertThat(cursors.write(LIST, List.of("salaries", "tok_1"))).isNotEqualTo(cursor);
    }

    @Test
    void is_refused_for_another_reader_filter_or_order() {
        var cursor = cursors.write(LIST, List.of("a", "tok_1"));

        assertInvalid(cursors, Arrays.asList("tokens", "acc_bob", null, "name"), cursor);
        assertInvalid(cursors, Arrays.asList("tokens", "acc_ada", "null", "name"), cursor);
        assertInvalid(cursors, Arrays.asList("tokens", "acc_ada", null, "-name"), cursor);
        assertInvalid(cursors, Arrays.asList("audit-events", "acc_ada", null, "name"), cursor);
    }

    @Test
    void works_for_24_hours() {
        var cursor = cursors.write(LIST, List.of("a", "tok_1"));

        assertThat(at(NOON.plus(Duration.ofHours(24))).read(LIST, cursor)).isNotNull();
        assertInvalid(at(NOON.plus(Duration.ofHours(24)).plusSeconds(1)), LIST, cursor);
    }

    @Test
    void is_refused_when_it_was_changed_or_made_under_another_key() {
        var cursor = cursors.write(LIST, List.of("a", "tok_1"));
        var changed = (cursor.charAt(20) == 'A' ? "B" : "A") + cursor.substring(21);

        assertInvalid(cursors, LIST, cursor.substring(0, 20) + changed);
        assertInvalid(new Cursors(new byte[32], Clock.fixed(NOON, ZoneOffset.UTC)), LIST, cursor);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "!!", "AAAA", "ä"})
    void what_is_no_cursor_is_refused(String text) {
        assertInvalid(cursors, LIST, text);
    }

    private static void assertInvalid(Cursors cursors, List<@Nullable Object> list, String cursor) {
        assertThatThrownBy(() -> cursors.read(list, cursor))
                .isInstanceOfSatisfying(Refusal.Malformed.class, refusal -> {
                    assertThat(refusal.code()).isEqualTo("invalid_cursor");
                    assertThat(refusal.detail()).endsWith("Start again without a cursor.");
                });
    }

    private static Cursors at(Instant now) {
        var key = "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
        return new Cursors(key, Clock.fixed(now, ZoneOffset.UTC));
    }
}
