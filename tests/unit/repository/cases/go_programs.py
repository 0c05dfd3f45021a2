"""Go: files that only tags build, and programs that are told to make their tables."""

from cases import case

# ruff: noqa: E501 - a tree a line
_MODULE = "module example.org/shop\n\ngo 1.22\n\nrequire github.com/lib/pq v1.10.9\n"
_OPEN = 'package store\n\nimport (\n\t"database/sql"\n\n\t_ "github.com/lib/pq"\n)\n\nfunc Open(url string) (*sql.DB, error) { return sql.Open("postgres", url) }\n'
_SERVES = 'func serve() {\n\tstore.Open(os.Getenv("DATABASE_URL"))\n\thttp.ListenAndServe(":"+os.Getenv("PORT"), nil)\n}\n'
_IMPORTS = (
    'package main\n\nimport (\n\t"flag"\n\t"net/http"\n\t"os"\n\n\t"example.org/shop/store"\n)\n\n'
)
_SQLITE = 'package store\n\nimport (\n\t"database/sql"\n\n\t_ "github.com/mattn/go-sqlite3"\n)\n\nfunc Open(url string) (*sql.DB, error) { return sql.Open("sqlite3", url) }\n'
_FLAG = (
    _IMPORTS
    + 'func main() {\n\tvar migrate bool\n\tflag.BoolVar(&migrate, "migrate", false, "Run SQL migrations")\n\tflag.Parse()\n\tif migrate {\n\t\tif err := store.Migrate(); err != nil {\n\t\t\tpanic(err)\n\t\t}\n\t\treturn\n\t}\n\tserve()\n}\n\n'
    + _SERVES
)
_COBRA = 'package cmd\n\nimport (\n\t"net/http"\n\t"os"\n\n\t"example.org/shop/store"\n\t"github.com/spf13/cobra"\n)\n\nvar rootCmd = &cobra.Command{Use: "shop"}\n\nvar serveCmd = &cobra.Command{\n\tUse: "serve",\n\tRun: func(c *cobra.Command, args []string) { serve() },\n}\n\n'
_COBRA_MAIN = {
    "main.go": 'package main\n\nimport "example.org/shop/cmd"\n\nfunc main() { cmd.Execute() }\n',
    "go.mod": _MODULE + "require github.com/spf13/cobra v1.8.0\n",
}
_ADDED = "\nfunc init() {\n\trootCmd.AddCommand(serveCmd, migrateCmd)\n}\n"
_URFAVE_MAIN = _IMPORTS.replace('\t"flag"\n', "").replace(
    '\t"example.org', '\t"github.com/urfave/cli/v2"\n\t"example.org'
)
_URFAVE_MIGRATE = '{Name: "migrate", Usage: "bring the database up to date", Action: migrate}'
_URFAVE_MOD = _MODULE + "require github.com/urfave/cli/v2 v2.27.0\n"
_COBRA_END = "\nfunc Execute() { rootCmd.Execute() }\n\n" + _SERVES
CASES = [
    case('go-sqlite-behind-a-tag', {'go.mod': _MODULE, 'main.go': _IMPORTS.replace('\t"flag"\n', '') + 'func main() { serve() }\n\n' + _SERVES, 'store/postgresql.go': '//go:build !sqlite\n\n' + _OPEN, 'store/sqlite.go': '//go:build sqlite\n\n' + _SQLITE},
         kind='web', needs=['postgresql'], need_variables={'postgresql': ('DATABASE_URL',)}, processes={'web': './out'}),
    case('go-sqlite-behind-an-old-tag', {'go.mod': _MODULE, 'main.go': _IMPORTS.replace('\t"flag"\n', '') + 'func main() { serve() }\n\n' + _SERVES, 'store/postgresql.go': '// +build !sqlite\n\n' + _OPEN, 'store/sqlite.go': '// Copyright the authors\n\n// +build sqlite,cgo sqlite,darwin\n\n' + _SQLITE},
         kind='web', needs=['postgresql']),
    case('go-sqlite-of-windows', {'go.mod': _MODULE, 'main.go': _IMPORTS.replace('\t"flag"\n', '') + 'func main() { serve() }\n\n' + _SERVES, 'store/open.go': '//go:build (linux && !android) || darwin\n\n' + _OPEN, 'store/open_windows.go': _SQLITE},
         kind='web', needs=['postgresql']),
    case('go-sqlite-of-linux', {'go.mod': _MODULE, 'main.go': _IMPORTS.replace('\t"flag"\n', '') + 'func main() { serve() }\n\n' + _SERVES, 'store/open.go': _OPEN, 'store/open_linux.go': '//go:build linux && (amd64 || arm64)\n\n' + _SQLITE},
         kind='web', needs=[]),
    case('go-migrate-by-flag', {'go.mod': _MODULE, 'main.go': _FLAG, 'store/open.go': _OPEN},
         kind='web', needs=['postgresql'], processes={'release': './out -migrate', 'web': './out'}),
    case('go-migrate-by-a-pointer', {'go.mod': _MODULE, 'main.go': _FLAG.replace('\tvar migrate bool\n\tflag.BoolVar(&migrate, "migrate"', '\tdoMigrate := flag.Bool("migrate"').replace('if migrate {', 'if *doMigrate {'), 'store/open.go': _OPEN},
         kind='web', processes={'release': './out -migrate', 'web': './out'}),
    # It goes on to serve: as a release command it would never end.
    case('go-migrate-and-serve', {'go.mod': _MODULE, 'main.go': _FLAG.replace('\t\treturn\n\t}\n\tserve', '\t}\n\tserve'), 'store/open.go': _OPEN},
         kind='web', processes={'web': './out'}),
    case('go-migrate-of-cobra', {**_COBRA_MAIN, 'cmd/root.go': _COBRA + 'var migrateCmd = &cobra.Command{\n\tUse:   "migrate",\n\tShort: "Bring the database schema up to date",\n\tRunE: func(c *cobra.Command, args []string) error { return store.Migrate() },\n}\n' + _ADDED + _COBRA_END, 'store/open.go': _OPEN},
         kind='web', processes={'release': './out migrate', 'web': './out serve'}),
    # Files from another place, not tables.
    case('go-migrate-something-else', {**_COBRA_MAIN, 'cmd/root.go': _COBRA + 'var migrateCmd = &cobra.Command{\n\tUse:   "migrate",\n\tShort: "Import mailboxes of another server",\n\tRun: func(c *cobra.Command, args []string) { copy() },\n}\n' + _COBRA_END, 'store/open.go': _OPEN},
         kind='web', processes={'web': './out serve'}),
    case('go-migrate-with-words-of-its-own', {**_COBRA_MAIN, 'cmd/root.go': _COBRA + 'var migrateCmd = &cobra.Command{\n\tUse:   "migrate",\n\tShort: "Database migrations",\n}\n\nvar upCmd = &cobra.Command{\n\tUse: "up",\n\tRun: func(c *cobra.Command, args []string) { store.Up() },\n}\n' + _COBRA_END, 'store/open.go': _OPEN},
         kind='web', processes={'web': './out serve'}),
    case('go-migrate-below-another-command', {**_COBRA_MAIN, 'cmd/root.go': _COBRA + 'var dbCmd = &cobra.Command{Use: "db"}\n\nvar migrateCmd = &cobra.Command{\n\tUse:   "migrate",\n\tShort: "Bring the database schema up to date",\n\tRunE: func(c *cobra.Command, args []string) error { return store.Migrate() },\n}\n\nfunc init() {\n\tdbCmd.AddCommand(migrateCmd)\n\trootCmd.AddCommand(serveCmd, dbCmd)\n}\n' + _COBRA_END, 'store/open.go': _OPEN},
         kind='web', processes={'web': './out serve'}),
    case('go-migrate-of-urfave', {'go.mod': _URFAVE_MOD, 'main.go': _URFAVE_MAIN + 'func main() {\n\tapp := &cli.App{Commands: []*cli.Command{{Name: "serve", Action: serve}, ' + _URFAVE_MIGRATE + '}}\n\tapp.Run(os.Args)\n}\n\n' + _SERVES, 'store/open.go': _OPEN},
         kind='web', processes={'release': './out migrate', 'web': './out serve'}),
    case('go-migrate-of-urfave-below-another', {'go.mod': _URFAVE_MOD, 'main.go': _URFAVE_MAIN + 'func main() {\n\tapp := &cli.App{Commands: []*cli.Command{{Name: "serve", Action: serve}, {Name: "db", Subcommands: []*cli.Command{' + _URFAVE_MIGRATE + '}}}}\n\tapp.Run(os.Args)\n}\n\n' + _SERVES, 'store/open.go': _OPEN},
         kind='web', processes={'web': './out serve'}),
    case('go-root-serves-and-tells-its-version', {**_COBRA_MAIN, 'cmd/root.go': _COBRA.replace('var rootCmd = &cobra.Command{Use: "shop"}', 'var rootCmd = &cobra.Command{\n\tUse: "shop",\n\tRun: func(c *cobra.Command, args []string) { serve() },\n}').replace('serveCmd', 'versionCmd').replace('"serve"', '"version"').replace('{ serve() },\n}\n\n', '{ tell() },\n}\n\n', 2).replace('{ tell() },\n}\n\nvar version', '{ serve() },\n}\n\nvar version') + _COBRA_END, 'store/open.go': _OPEN},
         kind='web', processes={'web': './out'}),
]  # fmt: skip
