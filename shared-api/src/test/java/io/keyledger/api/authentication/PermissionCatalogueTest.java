package io.keyledger.api.authentication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class PermissionCatalogueTest {

    private static final Permission READ = new Permission("invoices:read", "See invoices.", false);
    private static final Permission DELETE = new Permission("invoices:delete", "Delete invoices.", true);

    private final PermissionCatalogue catalogue = new PermissionCatalogue(List.of(READ, DELETE));

    @Test
    void it_holds_the_built_in_permissions_and_then_the_products() {
        assertThat(catalogue.all())
                .extracting(Permission::name)
                .containsExactly(
                        "tokens:read",
                        "tokens:write",
                        "audit:read",
                        "introspect",
                        "accounts:provision",
                        "invoices:read",
                        "invoices:delete");
        assertThat(catalogue.all()).contains(READ, DELETE);
        assertThat(catalogue.contains("invoices:read")).isTrue();
        assertThat(catalogue.contains("invoices:write")).isFalse();
    }

    @Test
    void administrators_hold_everything() {
        assertThat(catalogue.heldBy(true))
                .containsExactlyInAnyOrder(
                        "tokens:read",
                        "tokens:write",
                        "audit:read",
                        "introspect",
                        "accounts:provision",
                        "invoices:read",
                        "invoices:delete");
    }

    @Test
    void others_hold_what_is_not_for_administrators_only() {
        assertThat(catalogue.heldBy(false)).containsExactlyInAnyOrder("tokens:read", "tokens:write", "invoices:read");
    }

    @Test
    void a_name_is_there_once() {
        assertThatThrownBy(() -> new PermissionCatalogue(List.of(READ, READ)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("invoices:read");
        assertThatThrownBy(() -> new PermissionCatalogue(List.of(new Permission("audit:read", "Everybody!", false))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("audit:read");
    }

    @Test
    void what_was_handed_out_cannot_be_changed() {
        assertThatThrownBy(() -> catalogue.heldBy(false).add("audit:read"))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> catalogue.all().clear()).isInstanceOf(UnsupportedOperationException.class);
    }
}
