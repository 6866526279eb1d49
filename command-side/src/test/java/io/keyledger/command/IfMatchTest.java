package io.keyledger.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.keyledger.api.Refusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.HttpHeaders;

class IfMatchTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '\'',
            value = {"'\"0\"', 0", "'\"3\"', 3", "' \"17\" ', 17", "'\"999999999999999999\"', 999999999999999999"})
    void a_tag_that_was_answered_is_the_version(String header, long version) {
        assertThat(parse(header)).isEqualTo(version);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 7, 123456789})
    void a_version_comes_back_from_its_tag(long version) {
        assertThat(parse(IfMatch.tag(version))).isEqualTo(version);
    }

    @Test
    void without_the_header_or_with_an_asterisk_any_version_will_do() {
        assertThat(parse()).isNull();
        assertThat(parse("*")).isNull();
    }

    /** RFC 9110, 13.1.1: the comparison is strong, so a weak tag never matches. */
    @ParameterizedTest
    @ValueSource(strings = {"W/\"3\"", "\"03\"", "\"-1\"", "\"\"", "\"abc\"", "\"a,b\"", "\"1000000000000000000000\""})
    void a_tag_that_was_never_answered_matches_no_version(String header) {
        assertThat(parse(header)).isEqualTo(-1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "3", "\"3", "3\"", "w/\"3\"", "\"3\", \"4\"", "\"3\",\"4\"", "\"3\" \"4\"", "**", "\"a b\""})
    void what_is_no_single_tag_is_refused(String header) {
        assertMalformed(header);
    }

    @Test
    void several_headers_are_refused() {
        assertMalformed("\"3\"", "\"3\"");
    }

    @Test
    void only_the_version_that_was_asked_for_is_changed() {
        assertThatCode(() -> IfMatch.check(3L, 3)).doesNotThrowAnyException();
        assertThatCode(() -> IfMatch.check(null, 3)).doesNotThrowAnyException();
        assertThatThrownBy(() -> IfMatch.check(2L, 3))
                .isInstanceOfSatisfying(
                        Refusal.Stale.class,
                        refusal -> assertThat(refusal.code()).isEqualTo("version_mismatch"));
    }

    private static Long parse(String... values) {
        var headers = new HttpHeaders();
        for (var value : values) {
            headers.add(HttpHeaders.IF_MATCH, value);
        }
        return IfMatch.parse(headers);
    }

    private static void assertMalformed(String... values) {
        assertThatThrownBy(() -> parse(values))
                .isInstanceOfSatisfying(
                        Refusal.Malformed.class,
                        refusal -> assertThat(refusal.code()).isEqualTo("invalid_if_match"));
    }
}
