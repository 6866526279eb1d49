package io.keyledger.server.pages;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import io.keyledger.api.Event;
import io.keyledger.api.EventType;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.MessageFormat;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

/** The pages' texts: each language has all of them, and the pages ask for none that is missing. */
class MessagesTest {

    private static final Pattern PLACE = Pattern.compile("\\{(\\d)");

    /** A key as it stands in a template; one that is put together there is none. */
    private static final Pattern ASKED = Pattern.compile("#\\{([a-z0-9.-]+)[}(]");

    private static final Map<String, Map<String, String>> BUNDLES = bundles();

    private static final Map<String, String> ENGLISH = BUNDLES.get("messages.properties");

    private static Resource[] resources(String pattern) {
        try {
            return new PathMatchingResourcePatternResolver().getResources("classpath*:" + pattern);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, Map<String, String>> bundles() {
        var bundles = new TreeMap<String, Map<String, String>>();
        for (var file : resources("messages*.properties")) {
            bundles.put(file.getFilename(), read(file));
        }
        return bundles;
    }

    private static Map<String, String> read(Resource file) {
        var texts = new HashMap<String, String>();
        try (var reader = new InputStreamReader(file.getInputStream(), StandardCharsets.UTF_8)) {
            // A key that stands there twice is lost to Properties.
            new Properties() {
                @Override
                public synchronized Object put(Object key, Object text) {
                    assertThat(texts.put((String) key, (String) text))
                            .as("%s twice in %s", key, file.getFilename())
                            .isNull();
                    return super.put(key, text);
                }
            }.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return texts;
    }

    private static Set<String> places(String text) {
        return PLACE.matcher(text).results().map(MatchResult::group).collect(toCollection(TreeSet::new));
    }

    @Test
    void there_is_a_second_language() {
        assertThat(BUNDLES).containsKeys("messages.properties", "messages_de.properties");
    }

    @Test
    void every_language_has_every_text() {
        BUNDLES.forEach((file, texts) -> {
            assertThat(difference(ENGLISH.keySet(), texts.keySet()))
                    .as("missing in %s", file)
                    .isEmpty();
            assertThat(difference(texts.keySet(), ENGLISH.keySet()))
                    .as("in %s alone", file)
                    .isEmpty();
            assertThat(texts)
                    .as(file)
                    .allSatisfy((key, text) -> assertThat(text).as(key).isNotBlank());
        });
    }

    private static Set<String> difference(Set<String> all, Set<String> without) {
        var difference = new TreeSet<>(all);
        difference.removeAll(without);
        return difference;
    }

    @Test
    void every_language_has_the_same_places_in_a_text() {
        BUNDLES.forEach((file, texts) -> texts.forEach((key, text) ->
                assertThat(places(text)).as("%s in %s", key, file).isEqualTo(places(ENGLISH.getOrDefault(key, "")))));
    }

    @Test
    void a_text_with_places_can_be_filled_in_and_no_apostrophe_swallows_them() {
        BUNDLES.forEach((file, texts) -> texts.forEach((key, text) -> {
            if (!places(text).isEmpty()) {
                var filled = new MessageFormat(text).format(new Object[] {7, 7, 7, 7});
                assertThat(filled).as("%s in %s", key, file).contains("7").doesNotContain("{");
                assertThat(text.replace("''", "")).as("%s in %s", key, file).doesNotContain("'");
            }
        }));
    }

    @Test
    void every_text_that_a_page_asks_for_is_there() throws IOException {
        var missing = new TreeSet<String>();
        for (var template : resources("templates/**/*.html")) {
            ASKED.matcher(template.getContentAsString(StandardCharsets.UTF_8))
                    .results()
                    .map(asked -> asked.group(1))
                    .filter(key -> !ENGLISH.containsKey(key))
                    .forEach(key -> missing.add(key + " in " + template.getFilename()));
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void every_kind_of_event_has_a_name_and_all_its_sentences() {
        var needed = new HashSet<String>();
        for (var event : Event.types()) {
            var type = event.getAnnotation(EventType.class).name();
            needed.add("activity.type." + type);
            needed.addAll(Sentences.keys(type));
        }
        assertThat(needed).hasSizeGreaterThan(100);
        BUNDLES.forEach((file, texts) -> assertThat(difference(needed, texts.keySet()))
                .as("missing in %s", file)
                .isEmpty());
        // And none is left of an event that is gone.
        assertThat(difference(
                        ENGLISH.keySet().stream()
                                .filter(key -> key.startsWith("activity.event.") || key.startsWith("activity.type."))
                                .collect(toCollection(TreeSet::new)),
                        needed))
                .isEmpty();
    }

    @Test
    void what_was_set_or_changed_has_a_name() {
        assertThat(Stream.of(
                                "email",
                                "displayName",
                                "administrator",
                                "otherSessionsEnded",
                                "expiresAt",
                                "method",
                                "description",
                                "permissions",
                                "hint",
                                "expiredAt",
                                "origin",
                                "types",
                                "reason")
                        .map(field -> "activity.field." + field))
                .allSatisfy(key -> assertThat(ENGLISH).containsKey(key));
    }
}
