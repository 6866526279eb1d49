package io.keyledger.server.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.keyledger.api.Refusal.FieldError;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An error as it is answered (RFC 9457, {@code application/problem+json}).
 *
 * @param type a URN made of the code
 * @param code stable, snake_case; what programs compare
 * @param errors the fields that were not accepted
 * @param correlationId under which the server's log and trail know the request
 */
@Schema(name = "Problem")
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Problem(
        String type,
        String title,
        int status,
        String detail,
        String code,
        List<FieldError> errors,
        @Nullable String correlationId) {

    public static final String MEDIA_TYPE = "application/problem+json";
}
