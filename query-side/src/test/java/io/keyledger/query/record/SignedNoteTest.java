package io.keyledger.query.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.keyledger.query.record.SignedNote.Check;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SignedNoteTest {

    /** The example of the specification (https://c2sp.org/signed-note). */
    private static final String KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";

    private static final String NOTE = """
        This is an example message.

        — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=
        """;

    @Test
    void the_specifications_example_is_signed_by_its_key() {
        var note = SignedNote.parse(NOTE);

        assertThat(note.text()).isEqualTo("This is an example message.\n");
        assertThat(note.check(VerifierKey.parse(KEY))).isEqualTo(Check.SIGNED);
        assertThat(note).hasToString(NOTE);
        assertThat(VerifierKey.parse(KEY)).hasToString(KEY);
    }

    @Test
    void a_note_that_was_altered_is_forged() {
        var key = VerifierKey.parse(KEY);

        assertThat(SignedNote.parse(NOTE.replace("an example", "no example")).check(key))
                .isEqualTo(Check.FORGED);
        assertThat(SignedNote.parse(NOTE.replace("n8sr", "n8tr")).check(key)).isEqualTo(Check.FORGED);
    }

    @Test
    void a_signature_of_another_length_is_forged() {
        var signed = SignedNote.parse(NOTE).signatures().getFirst();
        var bytes = Base64.getDecoder().decode(signed.base64());
        for (var length : new int[] {bytes.length - 1, bytes.length + 1, 5}) {
            var other = Base64.getEncoder().encodeToString(Arrays.copyOf(bytes, length));
            assertThat(SignedNote.parse(NOTE.replace(signed.base64(), other)).check(VerifierKey.parse(KEY)))
                    .isEqualTo(Check.FORGED);
        }
    }

    @Test
    void a_key_for_which_anybody_can_sign_is_none() {
        // A point of low order.
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new VerifierKey("name", new byte[32]))
                .withMessage("These 32 bytes are no Ed25519 key.");
    }

    @Test
    void another_keys_note_is_not_signed_whatever_its_name() {
        var namesake = SigningKey.generate("example.com/foo");

        assertThat(SignedNote.parse(NOTE).check(namesake.verifier())).isEqualTo(Check.NOT_SIGNED);
        assertThat(SignedNote.sign("text\n", namesake).check(VerifierKey.parse(KEY)))
                .isEqualTo(Check.NOT_SIGNED);
    }

    @Test
    void what_we_sign_is_ours_also_among_signatures_of_others() {
        var key = SigningKey.generate("keyledger/abc");
        var witness = SigningKey.generate("witness.example");
        var note = SignedNote.sign("one\n\ntwo\n", key);
        var cosigned =
                note + SignedNote.sign("one\n\ntwo\n", witness).toString().substring("one\n\ntwo\n\n".length());

        assertThat(SignedNote.parse(note.toString()).check(key.verifier())).isEqualTo(Check.SIGNED);
        assertThat(SignedNote.parse(cosigned).check(key.verifier())).isEqualTo(Check.SIGNED);
        assertThat(SignedNote.parse(cosigned).check(witness.verifier())).isEqualTo(Check.SIGNED);
        assertThat(SignedNote.parse(cosigned).signatures()).hasSize(2);
    }

    @Test
    void a_key_survives_being_kept() {
        var key = SigningKey.generate("keyledger/abc");
        var kept = new SigningKey(VerifierKey.parse(key.verifier().toString()), key.seed());

        assertThat(SignedNote.sign("text\n", kept)).isEqualTo(SignedNote.sign("text\n", key));
        assertThat(kept.toString()).isEqualTo("SigningKey[keyledger/abc]");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SigningKey(
                        key.verifier(), SigningKey.generate("other").seed()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "text\n",
                "text\n\n",
                "text\n\n— name AAAAAAA=",
                "text\n\n- name AAAAAAA=\n",
                "text\n\n— AAAAAAA=\n",
                "text\n\n—  AAAAAAA=\n",
                "text\n\n— na+me AAAAAAA=\n",
                "text\n\n— na me AAAAAAA=\n",
                "text\n\n— name AAAAAA==\n",
                "text\n\n— name !\n",
                "text\t\n\n— name AAAAAAA=\n",
                "te\ud800xt\n\n— name AAAAAAA=\n"
            })
    void what_is_no_note_is_refused(String note) {
        assertThatIllegalArgumentException().isThrownBy(() -> SignedNote.parse(note));
    }

    @Test
    void a_note_with_too_many_signatures_is_refused() {
        var many = "text\n\n" + "— name AAAAAAA=\n".repeat(101);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> SignedNote.parse(many))
                .withMessage("This note has too many signatures.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "example.com/foo",
                "example.com/foo+530d903a",
                "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                "exa mple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3Q==",
                "example.com/foo+530d903a+",
                "example.com/foo+530d903a+!"
            })
    void what_is_no_verifier_key_is_refused(String key) {
        assertThatIllegalArgumentException().isThrownBy(() -> VerifierKey.parse(key));
    }
}
