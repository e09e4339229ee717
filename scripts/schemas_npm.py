"""The applications from the npm registry that scripts/schemas tries."""

from schemas_model import Application
from schemas_node import NpmApplication

# for the programs in this file
DATABASE = (
    ("DB_KIND", "$kind"),
    ("DB_HOST", "$host"),
    ("DB_PORT", "$port"),
    ("DB_USER", "$user"),
    ("DB_PASSWORD", "$password"),
    ("DB_NAME", "$database"),
)

VENDURE = """
const { bootstrap, DefaultJobQueuePlugin, DefaultSchedulerPlugin, DefaultSearchPlugin } = require('@vendure/core');
const { DB_KIND, DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = process.env;
bootstrap({
    apiOptions: { port: 0, adminApiPath: 'admin-api', shopApiPath: 'shop-api' },
    authOptions: { tokenMethod: ['bearer'], superadminCredentials: { identifier: 'superadmin', password: DB_PASSWORD } },
    dbConnectionOptions: {
        type: DB_KIND, synchronize: true, host: DB_HOST, port: Number(DB_PORT), username: DB_USER, password: DB_PASSWORD, database: DB_NAME,
    },
    paymentOptions: { paymentMethodHandlers: [] },
    plugins: [DefaultJobQueuePlugin.init({}), DefaultSchedulerPlugin.init({}), DefaultSearchPlugin.init({})],
}).then(app => app.close()).then(() => process.exit(0), error => { console.error(error); process.exit(1); });
"""

KNEX = """
const { readdirSync } = require('fs');
const { DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = process.env;
const connection = { host: DB_HOST, port: Number(DB_PORT), user: DB_USER, password: DB_PASSWORD, database: DB_NAME };
const knex = require('knex')({ client: 'mysql2', connection });
(async () => {
    for (const name of readdirSync('unpacked')) {
        const tableName = `${name.replaceAll('-', '_')}_migrations`;
        await knex.migrate.latest({ directory: `unpacked/${name}/migrations`, tableName });
    }
})().then(() => process.exit(0), error => { console.error(error); process.exit(1); });
"""

TYPEORM = """
const { DataSource } = require('typeorm');
const { DB_KIND, DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME, MIGRATIONS } = process.env;
const migrations = Object.values(require(MIGRATIONS)).flat();
new DataSource({
    type: DB_KIND, host: DB_HOST, port: Number(DB_PORT), username: DB_USER, password: DB_PASSWORD, database: DB_NAME, migrations,
}).initialize().then(source => source.runMigrations({ transaction: 'each' })).then(() => process.exit(0), error => {
    console.error(error);
    process.exit(1);
});
"""

SQL_FILE = """
const { readFileSync } = require('fs');
const { DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME, SQL_FILE } = process.env;
const connection = require('mysql2').createConnection({
    host: DB_HOST, port: Number(DB_PORT), user: DB_USER, password: DB_PASSWORD, database: DB_NAME, multipleStatements: true,
});
connection.query(readFileSync(SQL_FILE, 'utf8'), error => { if (error) console.error(error); process.exit(error ? 1 : 0); });
"""

BETTER_AUTH = """
import { getMigrations } from 'better-auth/db/migration';
import * as plugins from 'better-auth/plugins';
import { createPool } from 'mysql2/promise';
const { DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = process.env;
const database = createPool({ host: DB_HOST, port: Number(DB_PORT), user: DB_USER, password: DB_PASSWORD, database: DB_NAME, timezone: 'Z' });
const { organization, twoFactor, admin, username, phoneNumber, anonymous, jwt, deviceAuthorization } = plugins;
const { runMigrations } = await getMigrations({
    database,
    plugins: [
        organization({ teams: { enabled: true }, dynamicAccessControl: { enabled: true } }),
        twoFactor(), admin(), username(), phoneNumber(), anonymous(), jwt(), deviceAuthorization(),
    ],
});
await runMigrations();
process.exit(0);
"""

STRAPI = """
const { cpSync } = require('fs');
for (const each of ['config', 'src', 'database', 'public', 'favicon.png']) {
    cpSync(`unpacked/create-strapi-app/templates/example-js/${each}`, each, { recursive: true });
}
require('@strapi/strapi').createStrapi({ appDir: __dirname, distDir: __dirname }).load().then(strapi => strapi.destroy()).then(
    () => process.exit(0), error => { console.error(error); process.exit(1); });
"""

# those that can be in one database: plugin-user-settings-backend has a table of the same name as plugin-auth-backend
BACKSTAGE_PLUGINS = (
    "backend-defaults",
    *(
        f"plugin-{name}-backend"
        for name in (
            "auth",
            "badges",
            "bazaar",
            "catalog",
            "code-coverage",
            "entity-feedback",
            "events",
            "linguist",
            "notifications",
            "playlist",
            "scaffolder",
            "tech-insights",
        )
    ),
)

NPM: tuple[Application, ...] = (
    NpmApplication(
        name="vendure",
        how="`bootstrap` with `synchronize`",
        packages=("@vendure/core@3", "mysql2"),
        files=(("create.js", VENDURE),),
        environment=(*DATABASE, ("VENDURE_DISABLE_TELEMETRY", "true")),
        commands=("node create.js",),
    ),
    NpmApplication(
        name="directus",
        how="`directus bootstrap`",
        packages=("directus@11", "mysql2"),
        # compiled when installed, and used only by flows that run scripts
        overrides=(("isolated-vm", "npm:empty-npm-package@1.0.0"),),
        environment=(
            *DATABASE,
            ("DB_CLIENT", "mysql"),
            ("DB_DATABASE", "$database"),
            ("SECRET", "$password"),
            ("ADMIN_EMAIL", "admin@example.com"),
            ("ADMIN_PASSWORD", "$password"),
            ("TELEMETRY", "false"),
        ),
        commands=("node node_modules/@directus/api/dist/cli/run.js bootstrap",),
    ),
    NpmApplication(
        name="ghost",
        how="`knex-migrator init`",
        packages=("ghost@5",),
        alone=True,
        environment=(
            ("NODE_ENV", "production"),
            ("database__client", "mysql2"),
            ("database__connection__host", "$host"),
            ("database__connection__port", "$port"),
            ("database__connection__user", "$user"),
            ("database__connection__password", "$password"),
            ("database__connection__database", "$database"),
        ),
        commands=("node node_modules/.bin/knex-migrator-init --mgpath .",),
    ),
    NpmApplication(
        name="n8n",
        how="`n8n list:workflow`, which runs its migrations first",
        packages=("n8n@1",),
        # a version that is not in the registry
        overrides=(("xlsx", "0.18.5"),),
        environment=(
            ("DB_TYPE", "mysqldb"),
            ("DB_MYSQLDB_HOST", "$host"),
            ("DB_MYSQLDB_PORT", "$port"),
            ("DB_MYSQLDB_USER", "$user"),
            ("DB_MYSQLDB_PASSWORD", "$password"),
            ("DB_MYSQLDB_DATABASE", "$database"),
            ("N8N_DIAGNOSTICS_ENABLED", "false"),
        ),
        commands=("node node_modules/n8n/bin/n8n list:workflow",),
    ),
    NpmApplication(
        name="backstage",
        how="the Knex migrations of its backend plugins, all in one database",
        packages=("knex@3", "mysql2", "uuid@9", "luxon@3"),
        unpacked=tuple(f"@backstage/{name}" for name in BACKSTAGE_PLUGINS),
        files=(("create.js", KNEX),),
        environment=DATABASE,
        commands=("node create.js",),
    ),
    NpmApplication(
        name="flowise",
        how="its TypeORM migrations",
        packages=("typeorm@0.3", "mysql2", "uuid@9"),
        unpacked=("flowise@2",),
        files=(("create.js", TYPEORM),),
        environment=(*DATABASE, ("MIGRATIONS", "./unpacked/flowise/dist/database/migrations/$kind")),
        commands=("node create.js",),
    ),
    NpmApplication(
        name="cnpm",
        how="the SQL file of the package",
        packages=("mysql2",),
        unpacked=("cnpmjs.org@2",),
        files=(("create.js", SQL_FILE),),
        environment=(*DATABASE, ("SQL_FILE", "unpacked/cnpmjs.org/docs/db.sql")),
        commands=("node create.js",),
    ),
    NpmApplication(
        name="better-auth",
        how="`getMigrations` with the plugins that have tables",
        packages=("better-auth@1", "mysql2"),
        files=(("create.mjs", BETTER_AUTH),),
        environment=DATABASE,
        commands=("node create.mjs",),
    ),
    NpmApplication(
        name="strapi",
        how="starting the example application of `create-strapi-app`",
        # one version of all of its packages
        packages=("@strapi/strapi@5.54.0", "@strapi/plugin-users-permissions@5.54.0", "mysql2"),
        unpacked=("create-strapi-app@5.54.0",),
        files=(("create.js", STRAPI),),
        environment=(
            ("DATABASE_CLIENT", "mysql"),
            ("DATABASE_HOST", "$host"),
            ("DATABASE_PORT", "$port"),
            ("DATABASE_USERNAME", "$user"),
            ("DATABASE_PASSWORD", "$password"),
            ("DATABASE_NAME", "$database"),
            *((name, "$password") for name in ("APP_KEYS", "API_TOKEN_SALT", "ADMIN_JWT_SECRET", "TRANSFER_TOKEN_SALT", "JWT_SECRET")),
            ("STRAPI_TELEMETRY_DISABLED", "true"),
        ),
        commands=("node create.js",),
    ),
)
