package io.keyledger.api.authentication;

import static java.util.stream.Collectors.toUnmodifiableSet;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Every permission there is: the built-in ones, and those that the product adds in {@code keyledger.permissions}. */
public final class PermissionCatalogue {

    private static final List<Permission> BUILT_IN = List.of(
            new Permission(Permission.TOKENS_READ, "See the account's tokens.", false),
            new Permission(Permission.TOKENS_WRITE, "Create, change and revoke the account's tokens.", false),
            new Permission(Permission.AUDIT_READ, "Read the whole audit trail.", true),
            new Permission(Permission.INTROSPECT, "Ask whose token a value is, and what it may do.", true),
            new Permission(Permission.ACCOUNTS_PROVISION, "Create accounts, and manage their tokens.", true));

    private final Map<String, Permission> byName = new LinkedHashMap<>();
    private final Set<String> ofAdministrators;
    private final Set<String> ofEverybody;

    /** @throws IllegalArgumentException when a name is there twice; built-in ones cannot be changed */
    public PermissionCatalogue(Collection<Permission> ofProduct) {
        for (var permissions : List.of(BUILT_IN, ofProduct)) {
            for (var permission : permissions) {
                if (byName.put(permission.name(), permission) != null) {
                    throw new IllegalArgumentException("the permission " + permission.name() + " is there twice");
                }
            }
        }
        ofAdministrators = names(permission -> true);
        ofEverybody = names(permission -> !permission.administratorsOnly());
    }

    public List<Permission> all() {
        return List.copyOf(byName.values());
    }

    public boolean contains(String name) {
        return byName.containsKey(name);
    }

    /** What an account holds: its tokens can do no more, whatever was granted to them. */
    public Set<String> heldBy(boolean administrator) {
        return administrator ? ofAdministrators : ofEverybody;
    }

    private Set<String> names(Predicate<Permission> filter) {
        return byName.values().stream().filter(filter).map(Permission::name).collect(toUnmodifiableSet());
    }
}
