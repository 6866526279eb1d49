package io.keyledger.command.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class KeyedDigestTest {

    private final KeyedDigest digest = new KeyedDigest(key("Jefe"));

    @Test
    void it_is_hmac_sha_256_over_each_part_after_its_length() {
        // printf '\0\0\0\2ab\0\0\0\1c' | openssl dgst -sha256 -hmac Jefe
        assertThat(HexFormat.of().formatHex(digest.of("ab", "c")))
                .isEqualTo("67342c45c31bf86a93ceb2bba4f093881a1afc50bb6e4fcab35bd83785a695a9");
    }

    @Test
    void another_key_or_another_cut_between_the_parts_gives_another_digest() {
        assertThat(digest.of("ab", "c")).isNotEqualTo(digest.of("a", "bc"));
        assertThat(digest.of("ab", "c")).isNotEqualTo(new KeyedDigest(key("Jeff")).of("ab", "c"));
    }

    private static SecretKeySpec key(String text) {
        return new SecretKeySpec(text.getBytes(StandardCharsets.UTF_8), "HmacSHA256");
    }
}
