package io.keyledger.server.database;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.crypto.tink.subtle.AesGcmJce;
import java.security.GeneralSecurityException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AesGcmTest {

    private static final byte[] KEY = "0123456789abcdef0123456789abcdef".getBytes(UTF_8);
    private static final byte[] CONTEXT = "acc_1 event".getBytes(UTF_8);

    private final AesGcm ours = new AesGcm(KEY);

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "203.0.113.7", "Zoë, 名前, 🔑, and more than one block of the cipher"})
    void tink_opens_what_is_sealed_here_and_the_other_way_round(String text) throws GeneralSecurityException {
        var tink = new AesGcmJce(KEY);
        var clear = text.getBytes(UTF_8);

        assertThat(tink.decrypt(ours.encrypt(clear, CONTEXT), CONTEXT)).isEqualTo(clear);
        assertThat(ours.decrypt(tink.encrypt(clear, CONTEXT), CONTEXT)).isEqualTo(clear);
    }

    @Test
    void the_same_text_is_never_sealed_by_the_same_nonce() throws GeneralSecurityException {
        Set<String> nonces = new HashSet<>();
        for (var i = 0; i < 1_000; i++) {
            nonces.add(new String(ours.encrypt(CONTEXT, CONTEXT), 0, 12, ISO_8859_1));
        }
        assertThat(nonces).hasSize(1_000);
    }

    @Test
    void what_was_altered_or_belongs_elsewhere_does_not_open() throws GeneralSecurityException {
        var sealed = ours.encrypt("text".getBytes(UTF_8), CONTEXT);
        assertThatExceptionOfType(GeneralSecurityException.class)
                .isThrownBy(() -> ours.decrypt(sealed, "acc_2 event".getBytes(UTF_8)));
        for (var i = 0; i < sealed.length; i++) {
            var altered = sealed.clone();
            altered[i] ^= 1;
            assertThatExceptionOfType(GeneralSecurityException.class).isThrownBy(() -> ours.decrypt(altered, CONTEXT));
        }
    }
}
