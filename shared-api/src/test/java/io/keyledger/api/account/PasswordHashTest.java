package io.keyledger.api.account;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PasswordHashTest {

    @Test
    void a_hash_is_never_printed() {
        assertThat(new PasswordHash("$argon2id$secret")).hasToString("PasswordHash[***]");
    }
}
