package io.keyledger.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Refusal.FieldError;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextRulesTest {

    private final List<FieldError> errors = new ArrayList<>();

    @Test
    void white_space_around_a_text_is_dropped() {
        assertThat(check(" \n a b\t\u2003", false)).isEqualTo("a b");
        assertThat(codes()).isEmpty();
    }

    @Test
    void an_absent_text_is_an_empty_one() {
        assertThat(TextRules.check(errors, "text", null, 0, 5, false)).isEmpty();
        assertThat(codes()).isEmpty();
        check(null, false);
        assertThat(codes()).containsExactly("required");
    }

    @Test
    void lengths_count_code_points_after_stripping() {
        check("  😀😀😀😀😀  ", false);
        assertThat(codes()).isEmpty();
        check("123456", false);
        assertThat(codes()).containsExactly("too_long");
    }

    @Test
    void blank_is_too_short() {
        check(" \n ", true);
        assertThat(codes()).containsExactly("required");
        assertThat(errors.getFirst().field()).isEqualTo("text");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u200b", "\u2060\u00a0\ufeff", "\u200d", "\u3164", "\u2800", "\ufe0f", "\u20dd"})
    void a_text_that_shows_nothing_is_none(String text) {
        check(text, false);
        assertThat(codes()).containsExactly("required");
        assertThat(TextRules.check(new ArrayList<>(), "text", text, 0, 5, false))
                .isEqualTo(text);
    }

    @Test
    void a_refusal_repeats_at_most_100_characters_and_cuts_none_in_half() {
        assertThat(TextRules.shortened("😀".repeat(100))).isEqualTo("😀".repeat(100));
        assertThat(TextRules.shortened("😀".repeat(101))).isEqualTo("😀".repeat(100) + "…");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\rb", "a\tb"})
    void line_breaks_and_tabs_are_for_texts_of_several_lines(String text) {
        check(text, true);
        assertThat(codes()).isEmpty();
        check(text, false);
        assertThat(codes()).containsExactly("invalid_characters");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a\u0000b",
                "a\u001bb",
                "a\u007fb",
                "a\u0085b",
                "a\u2028b",
                "a\u2029b",
                "a\u202eb",
                "a\u2066b",
                "a\ud800b"
            })
    void control_characters_and_halves_of_characters_and_reversed_text_are_refused_everywhere(String text) {
        check(text, false);
        check(text, true);
        assertThat(codes()).containsExactly("invalid_characters", "invalid_characters");
    }

    @ParameterizedTest
    @ValueSource(strings = {"👩‍💻", "שלום", "a\u200db", "é", "e\u0301", "❤\ufe0f", "한"})
    void text_of_any_script_is_accepted(String text) {
        check(text, false);
        assertThat(codes()).isEmpty();
    }

    @Test
    void all_that_is_wrong_is_told() {
        check("1234\u00005", false);
        assertThat(codes()).containsExactly("too_long", "invalid_characters");
    }

    private String check(@Nullable String text, boolean multiline) {
        return TextRules.check(errors, "text", text, 1, 5, multiline);
    }

    private List<String> codes() {
        return errors.stream().map(FieldError::code).toList();
    }
}
