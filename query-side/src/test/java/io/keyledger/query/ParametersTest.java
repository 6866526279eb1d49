package io.keyledger.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keyledger.api.Refusal;
import java.time.Instant;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;
import org.springframework.mock.web.MockHttpServletRequest;

class ParametersTest {

    @Test
    void a_position_is_a_number_or_absent() {
        assertThat(Parameters.position(null)).isNull();
        assertThat(Parameters.position("0")).isZero();
        assertThat(Parameters.position("9007199254740993")).isEqualTo(9007199254740993L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "x", "1.0", "9223372036854775808"})
    void any_other_position_is_refused(String text) {
        assertRefused("invalid_position", () -> Parameters.position(text));
    }

    @Test
    void a_page_has_50_rows_unless_asked_otherwise() {
        assertThat(Parameters.limit(null)).isEqualTo(50);
        assertThat(Parameters.limit("")).isEqualTo(50);
        assertThat(Parameters.limit("1")).isEqualTo(1);
        assertThat(Parameters.limit("100")).isEqualTo(100);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "101", "-5", "ten", "99999999999"})
    void any_other_limit_is_refused(String text) {
        assertRefused("invalid_limit", () -> Parameters.limit(text));
    }

    @Test
    void an_empty_search_is_none() {
        assertThat(Parameters.search(null)).isNull();
        assertThat(Parameters.search("  ")).isNull();
        assertThat(Parameters.search(" ci ")).isEqualTo("ci");
        assertThat(Parameters.search("🔑".repeat(200))).hasSize(400);
    }

    @Test
    void a_search_is_not_endless_and_holds_no_zero_byte() {
        assertRefused("invalid_search", () -> Parameters.search("x".repeat(201)));
        assertRefused("invalid_search", () -> Parameters.search("a\0b"));
        assertRefused("invalid_parameter", () -> Parameters.text("tok_\0"));
    }

    @Test
    void an_instant_may_be_in_any_time_zone() {
        assertThat(Parameters.instant("after", null)).isNull();
        assertThat(Parameters.instant("after", "2026-11-30T12:00:00Z"))
                .isEqualTo(Instant.parse("2026-11-30T12:00:00Z"));
        assertThat(Parameters.instant("after", "2026-11-30T12:00:00.5+01:00"))
                .isEqualTo(Instant.parse("2026-11-30T11:00:00.5Z"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"yesterday", "2026-11-30", "2026-11-30T12:00:00", "1764504000", "+999999-01-01T00:00:00Z"})
    void any_other_instant_is_refused(String text) {
        assertRefused("invalid_instant", () -> Parameters.instant("after", text));
    }

    @Test
    void values_are_repeated_or_separated_by_commas() {
        assertThat(Parameters.values(null)).isEmpty();
        assertThat(Parameters.values(List.of("active, expired", "", "revoked,")))
                .containsExactly("active", "expired", "revoked");
    }

    @Test
    void a_search_takes_every_character_for_itself() {
        assertThat(Parameters.containing("50%_\\Ä")).isEqualTo("%50\\%\\_\\\\ä%");
    }

    @Test
    void the_next_link_keeps_the_filters() {
        var request = new MockHttpServletRequest("GET", "/api/tokens");
        request.setParameter("search", "a&b>c d");
        request.setParameter("status", "active", "revoked");
        request.setParameter("cursor", "old");
        request.setParameter("other", "x");

        var headers = Parameters.next(request, "new", List.of("status", "search", "sort"));

        assertThat(headers.getFirst(HttpHeaders.LINK))
                .isEqualTo("</api/tokens?status=active&status=revoked&search=a%26b%3Ec%20d&cursor=new>; rel=\"next\"");
        assertThat(Parameters.next(request, null, List.of("status")).isEmpty()).isTrue();
    }

    private static void assertRefused(String code, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        Refusal.Malformed.class,
                        refusal -> assertThat(refusal.code()).isEqualTo(code));
    }
}
