package io.keyledger.api.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenValueTest {

    /** CRC-32 0x6d0b85f3, made with zlib. */
    private static final String KNOWN = "klt_0123456789ABCDEFGHIJKLMNOPQRST1zoHAZ";

    /** CRC-32 205072: three digits in base62, three zeros before them. */
    private static final String SMALL_CHECKSUM = "klt_000000000000000000000000022396000rLc";

    @ParameterizedTest
    @ValueSource(strings = {KNOWN, SMALL_CHECKSUM})
    void a_known_value_is_accepted(String text) {
        assertThat(TokenValue.parse(text))
                .hasValueSatisfying(value -> assertThat(value.reveal()).isEqualTo(text));
    }

    @Test
    void a_new_value_is_a_prefix_30_random_characters_and_the_checksum_of_both() {
        var value = TokenValue.generate("acme_");

        assertThat(value.reveal()).matches("acme_[0-9A-Za-z]{36}");
        assertThat(TokenValue.parse(value.reveal())).isPresent();
        assertThat(TokenValue.generate("acme_").reveal()).isNotEqualTo(value.reveal());
    }

    @Test
    void the_checksum_is_the_crc_32_in_base62() {
        var text = TokenValue.generate("klt_").reveal();
        var crc = new CRC32();
        crc.update(text.substring(0, 34).getBytes(StandardCharsets.US_ASCII));
        var checksum = 0L;
        for (var digit : text.substring(34).toCharArray()) {
            checksum = 62 * checksum + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".indexOf(digit);
        }
        assertThat(checksum).isEqualTo(crc.getValue());
    }

    @Test
    void every_single_wrong_character_is_noticed() {
        for (var i = 0; i < KNOWN.length(); i++) {
            var wrong = new StringBuilder(KNOWN);
            wrong.setCharAt(i, KNOWN.charAt(i) == 'x' ? 'y' : 'x');
            assertThat(TokenValue.parse(wrong.toString())).as("%s", wrong).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "_",
                "klt_",
                "0123456789ABCDEFGHIJKLMNOPQRST1zoHAZ",
                "_0123456789ABCDEFGHIJKLMNOPQRST1zoHAZ",
                "klt_0123456789ABCDEFGHIJKLMNOPQRST1zoHA",
                "klt_0123456789ABCDEFGHIJKLMNOPQRST1zoHAZZ",
                " klt_0123456789ABCDEFGHIJKLMNOPQRST1zoHAZ",
                "klt_0123456789ABCDEFGHIJKLMNOPQRST1zoHAZ ",
                "klt_0123456789ABCDEFGHIJKLMNOPQRSé3MFrW7"
            })
    void what_has_another_form_is_refused(String text) {
        assertThat(TokenValue.parse(text)).isEmpty();
    }

    @Test
    void a_value_whose_prefix_is_not_used_any_more_is_still_one() {
        assertThat(TokenValue.parse(TokenValue.generate("old_prefix_").reveal()))
                .isPresent();
    }

    @Test
    void only_its_digest_and_its_hint_are_kept() {
        var value = TokenValue.parse(KNOWN).orElseThrow();

        assertThat(HexFormat.of().formatHex(value.digest()))
                .isEqualTo("275344625e60e12256b10149c9ca6e02280bf2ebb4d24a54445d8a271e8452d2");
        assertThat(value.hint()).isEqualTo("klt_oHAZ");
        assertThat(value).hasToString("TokenValue[***]");
    }
}
