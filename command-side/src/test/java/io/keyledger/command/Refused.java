package io.keyledger.command;

import io.keyledger.api.Refusal;
import java.util.List;
import org.hamcrest.CustomTypeSafeMatcher;
import org.hamcrest.Matcher;

/** What a fixture expects where a command is refused. */
public final class Refused {

    private Refused() {}

    public static Matcher<Object> with(Class<? extends Refusal> kind, String code) {
        return new CustomTypeSafeMatcher<>("%s with %s".formatted(kind.getSimpleName(), code)) {
            @Override
            protected boolean matchesSafely(Object thrown) {
                return kind.isInstance(thrown) && ((Refusal) thrown).code().equals(code);
            }
        };
    }

    /** @param errors each a field and a code, for example {@code name too_long}; no others */
    public static Matcher<Object> fields(String... errors) {
        return new CustomTypeSafeMatcher<>("Unprocessable with %s".formatted(List.of(errors))) {
            @Override
            protected boolean matchesSafely(Object thrown) {
                return thrown instanceof Refusal.Unprocessable refusal
                        && refusal.errors().stream()
                                .map(error -> error.field() + " " + error.code())
                                .toList()
                                .equals(List.of(errors));
            }
        };
    }
}
