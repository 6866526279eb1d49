package io.keyledger.api.authentication;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {

    @ParameterizedTest
    @CsvSource({
        "192.0.2.0/24, 192.0.2.0, true",
        "192.0.2.0/24, 192.0.2.255, true",
        "192.0.2.0/24, 192.0.3.0, false",
        "192.0.2.128/25, 192.0.2.127, false",
        "203.0.113.7, 203.0.113.7, true",
        "203.0.113.7, 203.0.113.8, false",
        "0.0.0.0/0, 8.8.8.8, true",
        "0.0.0.0/0, ::1, false",
        "::/0, 8.8.8.8, false",
        "::/0, fe80::1, true",
        "2001:db8::/33, 2001:db8:7fff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "192.0.2.0/24, ::ffff:192.0.2.7, true",
        "192.0.2.0/24, 192.0.2, false",
        "192.0.2.0/24, 3221225985, false",
        "192.0.2.0/24, localhost, false",
        "192.0.2.0/24, '', false",
        "192.0.2.0/24, '192.0.2.7, 192.0.2.8', false",
    })
    void an_address_is_in_a_range_or_not(String range, String address, boolean contained) {
        assertThat(AddressRange.parse(range).orElseThrow().contains(address)).isEqualTo(contained);
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.0/24, 192.0.2.0/24",
        "192.0.2.7, 192.0.2.7/32",
        "2001:DB8:0:0:0:0:0:0/32, 2001:db8::/32",
        "::/0, ::/0",
        "::1, ::1/128",
        "2001:db8:0:0:1:0:0:0/80, 2001:db8:0:0:1::/80",
        "2001:db8:0:1:0:0:0:0/64, 2001:db8:0:1::/64",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1/128",
        "10:0:0:1::, 10:0:0:1::/128",
    })
    void a_range_is_written_in_one_form(String text, String form) {
        assertThat(AddressRange.parse(text).orElseThrow()).hasToString(form);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/24",
                "192.0.2.0/",
                "192.0.2.0/33",
                "::/129",
                "192.0.2.0/024",
                "192.0.2.0/+8",
                "192.0.2.0/2x",
                "192.0.2.0/24/1",
                "256.0.0.1",
                "1.2.3",
                "example.org",
                "example.org/24",
                "::1%eth0",
                ":::",
                "12345::",
                "192.0.2.1/24",
                "2001:db8::1/32"
            })
    void what_is_no_range_is_none(String text) {
        assertThat(AddressRange.parse(text)).isEmpty();
    }

    @Test
    void a_range_with_bits_behind_its_prefix_is_a_mistake_that_can_be_named() {
        assertThat(AddressRange.suggest("192.0.2.1/24"))
                .contains(AddressRange.parse("192.0.2.0/24").orElseThrow());
        assertThat(AddressRange.suggest("nonsense")).isEmpty();
    }
}
