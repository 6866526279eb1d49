package io.keyledger.query.record;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LeafEntryTest {

    private static final LeafEntry ENTRY = new LeafEntry(
            456,
            "0196f3c2-0000-7000-8000-000000000001",
            "tok_1",
            3,
            "Token",
            Instant.parse("2026-03-03T10:12:44.100Z"),
            "token.created",
            "1",
            "{\"name\":\"ä\"}".getBytes(UTF_8),
            "{}".getBytes(UTF_8));

    /** Every hash of every record is over these bytes: nothing in this test is ever changed. */
    @Test
    void the_bytes_of_an_entry_are_fixed_forever() {
        assertThat(new String(ENTRY.bytes(), ISO_8859_1))
                .isEqualTo("\0\0\0\u0012keyledger.event.v1"
                        + "\0\0\0\u0003456"
                        + "\0\0\0$0196f3c2-0000-7000-8000-000000000001"
                        + "\0\0\0\u0005tok_1"
                        + "\0\0\0\u00013"
                        + "\0\0\0\u0005Token"
                        + "\0\0\0\u001b2026-03-03T10:12:44.100000Z"
                        + "\0\0\0\rtoken.created"
                        + "\0\0\0\u0001" + "1"
                        + "\0\0\0\r{\"name\":\"\u00c3\u00a4\"}"
                        + "\0\0\0\u0002{}");
        assertThat(ENTRY.hash().base64()).isEqualTo("2wewbaWIbUwtQnlrfaakzChFME4CGiefMNMCJD6sO3Q=");
    }

    @Test
    void an_entry_is_read_from_its_bytes() {
        var read = LeafEntry.parse(ENTRY.bytes());

        assertThat(read).usingRecursiveComparison().isEqualTo(ENTRY);
        assertThat(LeafEntry.parse(withoutAggregate().bytes()).type()).isNull();
    }

    private static LeafEntry withoutAggregate() {
        return new LeafEntry(
                1, "a", "a", 0, null, Instant.EPOCH, "policy.changed", "1", new byte[0], new byte[] {(byte) 0xff});
    }

    @Test
    void what_is_no_entry_is_refused() {
        var bytes = ENTRY.bytes();

        refuses(new byte[0]);
        refuses(Arrays.copyOf(bytes, bytes.length - 1));
        refuses(Arrays.copyOf(bytes, bytes.length + 1));
        var negative = bytes.clone();
        negative[0] = (byte) 0x80;
        refuses(negative);
        var anotherTag = bytes.clone();
        anotherTag[21] = '2';
        refuses(anotherTag);
        var noNumber = bytes.clone();
        noNumber[26] = 'x';
        refuses(noNumber);
    }

    private static void refuses(byte[] bytes) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LeafEntry.parse(bytes))
                .withMessageStartingWith("This is no entry of the record: ");
    }
}
