package io.keyledger.server.pages;

import io.keyledger.api.token.TokenDetails;
import io.keyledger.server.settings.KeyledgerSettings;
import java.util.Objects;
import org.springframework.stereotype.Component;
import org.springframework.ui.Model;
import org.springframework.web.servlet.support.ServletUriComponentsBuilder;
import org.springframework.web.util.UriComponentsBuilder;

/** The page with a token's new value: in the answer to the form that asked for it, and nowhere else. */
@Component
class ShownOnce {

    private final String publicUrl;

    ShownOnce(KeyledgerSettings settings) {
        this.publicUrl = Objects.requireNonNullElse(settings.publicUrl(), "");
    }

    /** @return the view; of a token that was created or rotated */
    String show(TokenDetails token, String value, Model model) {
        model.addAttribute("token", token);
        model.addAttribute("value", value);
        model.addAttribute("rotated", token.rotatedAt() != null);
        model.addAttribute(
                "address",
                (publicUrl.isEmpty()
                                ? ServletUriComponentsBuilder.fromCurrentContextPath()
                                : UriComponentsBuilder.fromUriString(publicUrl))
                        .path("/api/tokens/self")
                        .toUriString());
        return "tokens/created";
    }
}
