package io.keyledger.server.eventstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.axonframework.eventhandling.GapAwareTrackingToken;
import org.axonframework.eventhandling.MergedTrackingToken;
import org.axonframework.eventhandling.ReplayToken;
import org.axonframework.eventhandling.TrackingToken;
import org.axonframework.eventhandling.tokenstore.ConfigToken;
import org.axonframework.serialization.Serializer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TokenSerializerTest {

    private final Serializer serializer = TokenSerializer.create();

    static Stream<TrackingToken> tokens() {
        TrackingToken behind = GapAwareTrackingToken.newInstance(2, Set.of(1L));
        TrackingToken ahead = GapAwareTrackingToken.newInstance(7, Set.of(3L, 5L));
        return Stream.of(
                behind,
                ahead,
                ReplayToken.createReplayToken(ahead),
                ReplayToken.createReplayToken(ahead, behind),
                MergedTrackingToken.merged(behind, ahead),
                new ConfigToken(Map.of("id", "some")));
    }

    @ParameterizedTest
    @MethodSource("tokens")
    void a_token_comes_back_as_it_was_written(TrackingToken token) {
        Object read = serializer.deserialize(serializer.serialize(token, byte[].class));

        assertThat(read).isEqualTo(token);
    }
}
