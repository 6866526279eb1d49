package io.keyledger.command.token;

import static io.keyledger.command.token.TokenFixture.created;
import static io.keyledger.command.token.TokenFixture.given;
import static io.keyledger.command.token.TokenFixture.text;

import io.keyledger.api.token.ChangeTokenAllowedAddresses;
import io.keyledger.api.token.TokenAllowedAddressesChanged;
import io.keyledger.command.Refused;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangeTokenAllowedAddressesTest {

    @Test
    void ranges_are_kept_in_their_one_form_and_once() {
        given(created())
                .when(change("192.0.2.0/24", " 2001:DB8:0:0:0:0:0:0/32", "192.0.2.0/24", "203.0.113.7"))
                .expectEvents(new TokenAllowedAddressesChanged(
                        "tok_1", "acc_ada", null, text("192.0.2.0/24 2001:db8::/32 203.0.113.7/32")));
    }

    @Test
    void no_ranges_mean_from_anywhere() {
        given(created(), new TokenAllowedAddressesChanged("tok_1", "acc_ada", null, text("192.0.2.0/24")))
                .when(change())
                .expectEvents(new TokenAllowedAddressesChanged("tok_1", "acc_ada", text("192.0.2.0/24"), null));
    }

    @Test
    void the_same_ranges_append_nothing() {
        given(created(), new TokenAllowedAddressesChanged("tok_1", "acc_ada", null, text("192.0.2.0/24")))
                .when(change("192.0.2.0/24"))
                .expectNoEvents();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "localhost", "1.2.3", "1.2.3.4/33", "::1/129", "1.2.3.4/-1", "10.0.0.1/8", "::1%lo"})
    void what_is_no_range_is_refused(String text) {
        given(created())
                .when(change(text))
                .expectException(Refused.fields("allowedAddresses invalid_address_range"))
                .expectNoEvents();
    }

    @Test
    void there_are_at_most_100() {
        given(created())
                .when(new ChangeTokenAllowedAddresses("tok_1", "acc_ada", Collections.nCopies(101, "192.0.2.0/24")))
                .expectException(Refused.fields("allowedAddresses too_many"));
    }

    private static ChangeTokenAllowedAddresses change(String... ranges) {
        return new ChangeTokenAllowedAddresses("tok_1", "acc_ada", List.of(ranges));
    }
}
