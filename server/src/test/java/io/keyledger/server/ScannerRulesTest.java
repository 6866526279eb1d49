package io.keyledger.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.token.TokenValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The regular expressions that docs/ gives to scanners find what Keyledger makes. Java's and RE2, which the scanners use,
 * understand this much of them alike.
 */
class ScannerRulesTest {

    private static final int VALUES = 1000;

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            quoteCharacter = '§',
            value = {
                "gitleaks §scanners/gitleaks.toml§ §(?m)^regex = '''(.+)'''$§ §(?m)^keywords = \\[\"(.+)\"]$§",
                "trufflehog §scanners/trufflehog.yml§ §(?m)^ +value: '(.+)'$§ §(?m)^ +- (\\w+)$§",
                "GitHub §leaks.md§ §(?m)^ {4}(klt_.+)$§ §`(klt_)`§"
            })
    void every_value_is_found_and_nothing_of_another_length(String name, Path file, String rule, String keyword)
            throws IOException, PatternSyntaxException {
        var text = Files.readString(Path.of("..", "docs").resolve(file));
        var regex = Pattern.compile(only(rule, text));
        for (var i = 0; i < VALUES; i++) {
            var value = TokenValue.generate("klt_").reveal();
            assertThat(value).contains(only(keyword, text));
            for (var around : new String[] {
                "%s",
                "TOKEN=%s\n",
                "\"%s\"",
                "{\"line\": \"text\\n%s\\n\"}",
                "Bearer %s.",
                "?token=%s&a=b",
                "%%22%s%%22"
            }) {
                var found = regex.matcher(around.formatted(value));
                assertThat(found.find()).as(around).isTrue();
                assertThat(found.group()).isEqualTo(value);
            }
            assertThat(regex.matcher(value.substring(0, value.length() - 1)).find())
                    .isFalse();
            assertThat(regex.matcher(value + "0").find()).isFalse();
            assertThat(regex.matcher(value.replace('_', '-')).find()).isFalse();
        }
    }

    private static String only(String pattern, String text) {
        var found = Pattern.compile(pattern).matcher(text);
        assertThat(found.find()).as(pattern).isTrue();
        return found.group(1);
    }
}
