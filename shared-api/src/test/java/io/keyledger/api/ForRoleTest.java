package io.keyledger.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.MapPropertySource;

class ForRoleTest {

    @Configuration(proxyBeanMethods = false)
    static class Parts {

        @Bean
        @ForRole(ForRole.Role.COMMAND)
        String command() {
            return "command";
        }

        @Bean
        @ForRole(ForRole.Role.QUERY)
        String query() {
            return "query";
        }

        @Bean
        String both() {
            return "both";
        }
    }

    @ParameterizedTest
    @CsvSource({
        "command, both command",
        "query, both query",
        "'command,query', both command query",
        "' QUERY , Command ', both command query",
        "'', both command query",
        "' ', both command query",
        "other, both"
    })
    void a_process_has_the_parts_of_its_roles(String roles, String parts) {
        assertThat(parts(Map.of("keyledger.roles", roles))).containsExactlyInAnyOrder(parts.split(" "));
    }

    @Test
    void without_a_setting_a_process_has_all_parts() {
        assertThat(parts(Map.of())).containsExactlyInAnyOrder("both", "command", "query");
    }

    private static String[] parts(Map<String, Object> settings) {
        try (var context = new AnnotationConfigApplicationContext()) {
            context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("test", settings));
            context.register(Parts.class);
            context.refresh();
            return context.getBeanNamesForType(String.class);
        }
    }
}
