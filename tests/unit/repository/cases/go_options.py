"""Go: options and prefixed variables by which a program is given its port."""

from cases import case

# ruff: noqa: E501 - a tree a line
_SERVE = "func serve(addr string) { http.ListenAndServe(addr, nil) }\n"


def _tree(package: str, body: str, *, more: str = "") -> dict[str, str]:
    """A program of one file that imports the package."""
    imports = "".join(f'\t"{name}"\n' for name in ("net/http", package, *more.split()))
    return {
        "go.mod": f"module example.org/shop\n\ngo 1.22\n\nrequire {package} v1.0.0\n",
        "main.go": f"package main\n\nimport (\n{imports})\n\n{body}\n{_SERVE}",
    }


_KINGPIN = 'func main() {\n\taddr := kingpin.Flag("web.listen-address", "Where to listen.").Default(":9115").String()\n\tkingpin.Parse()\n\tserve(*addr)\n}\n'
_TAGS = 'type options struct {\n\tHost string `long:"host" description:"Server" default:"localhost"`\n\tPort int `long:"port" description:"Database port" default:"5432"`\n\tBind string `long:"bind" description:"HTTP host" default:"localhost"`\n\tListen uint `long:"listen" description:"HTTP port" default:"8081"`\n}\n\nfunc main() {\n\tvar o options\n\tflags.Parse(&o)\n\tserve(join(o))\n}\n'
_COBRA = 'var rootCmd = &cobra.Command{Use: "shop", Run: func(c *cobra.Command, args []string) { serve(address()) }}\n\nfunc init() {\n\tflags := rootCmd.Flags()\n\tflags.StringP("address", "a", "127.0.0.1", "address to listen on")\n\tflags.StringP("port", "p", "8080", "port to listen on")\n}\n\nfunc main() { rootCmd.Execute() }\n'
_SERVING = 'var rootCmd = &cobra.Command{Use: "shop"}\n\nvar serveCmd = &cobra.Command{Use: "serve", Run: func(c *cobra.Command, args []string) { serve(address()) }}\n\nvar sendCmd = &cobra.Command{Use: "send", Run: func(c *cobra.Command, args []string) { send() }}\n\nfunc init() {\n\tserveCmd.Flags().Int("port", 9300, "port")\n\trootCmd.AddCommand(serveCmd, sendCmd)\n}\n\nfunc main() { rootCmd.Execute() }\n'
_URFAVE = 'func main() {\n\tapp := &cli.App{Commands: []*cli.Command{{Name: "web", Action: run, Flags: []cli.Flag{&cli.StringFlag{Name: "port, p", Value: "3000", Usage: "port"}}}}}\n\tapp.Run(os.Args)\n}\n\nfunc run(c *cli.Context) error {\n\tserve(c.String("port"))\n\treturn nil\n}\n'
_VIPER = 'func main() {\n\tviper.SetDefault("server.port", 8085)\n\tviper.SetEnvPrefix("shop")\n\tviper.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))\n\tviper.AutomaticEnv()\n\tserve(viper.GetString("server.port"))\n}\n'
_CONFIGOR = 'type Configuration struct {\n\tServer struct {\n\t\tPort int `default:"80"`\n\t}\n}\n\nfunc main() {\n\tvar c Configuration\n\tconfigor.New(&configor.Config{ENVPrefix: "SHOP"}).Load(&c, "config.yml")\n\tserve(address(c))\n}\n'
_PLAIN = 'func init() { flag.StringVar(&port, "port", getEnv("SHOP_PORT_NUMBER", "80"), "port") }\n\nvar port string\n\nfunc main() {\n\tflag.Parse()\n\tserve(":" + port)\n}\n'
_ALIAS = 'func main() {\n\taddr := flag.String("addr", ":8090", "where to listen")\n\tflag.Parse()\n\tserve(*addr)\n}\n'
_TOOLKIT = 'var web = kingpinflag.AddFlags(kingpin.CommandLine, ":9117")\n\nfunc main() {\n\tkingpin.Parse()\n\tserve(address(web))\n}\n'
_TAG = 'type config struct {\n\tPort int `env:"STORE_HTTP_PORT" envDefault:"8085"`\n\tMail int `env:"STORE_SMTP_PORT" envDefault:"2525"`\n}\n\nfunc main() {\n\tvar c config\n\tenv.Parse(&c)\n\tserve(address(c))\n}\n'
_CONSTANT = 'const (\n\tEnvServerPort    = "STORE_SERVER_PORT"\n\tEnvServerSSLPort = "STORE_SERVER_SSL_PORT"\n)\n\nfunc main() { serve(lookup(EnvServerPort)) }\n'
_MODULE = 'func main() { serve(getenv("SHOP_PORT", ":9090")) }\n'
CASES = [
    case('go-port-by-kingpin', _tree("github.com/alecthomas/kingpin/v2", _KINGPIN),
         kind='web', start='./out --web.listen-address=0.0.0.0:$PORT', port=9115),
    case('go-port-by-kingpin-as-gopkg-has-it', _tree("gopkg.in/alecthomas/kingpin.v2", _KINGPIN),
         kind='web', start='./out --web.listen-address=0.0.0.0:$PORT', port=9115),
    # Another server's address, and no port of its own.
    case('go-option-of-another-server', _tree("github.com/alecthomas/kingpin/v2", _KINGPIN.replace('web.listen-address', 'redis.addr').replace('9115', '6379')),
         kind='web', start='./out'),
    case('go-port-by-tags', _tree("github.com/jessevdk/go-flags", _TAGS),
         kind='web', start='./out --listen=$PORT --bind=0.0.0.0', port=8081),
    case('go-two-ports-by-tags', _tree("github.com/jessevdk/go-flags", _TAGS.replace('5432', '8443')),
         kind='web', start='./out'),
    case('go-port-by-pflag', _tree("github.com/spf13/cobra", _COBRA),
         kind='web', start='./out --port=$PORT --address=0.0.0.0', port=8080),
    case('go-port-of-the-command-that-serves', _tree("github.com/spf13/cobra", _SERVING),
         kind='web', start='./out serve --port=$PORT', port=9300),
    case('go-port-of-another-command', _tree("github.com/spf13/cobra", _SERVING.replace('serveCmd.Flags()', 'sendCmd.Flags()')),
         kind='web', start='./out serve'),
    case('go-port-by-urfave', _tree("github.com/urfave/cli/v2", _URFAVE, more="os"),
         kind='web', start='./out web --port=$PORT', port=3000),
    case('go-port-by-viper', _tree("github.com/spf13/viper", _VIPER, more="strings"),
         kind='web', start='SHOP_SERVER_PORT=$PORT ./out', port=8085),
    # A key with a point has no variable.
    case('go-port-by-viper-without-a-replacer', _tree("github.com/spf13/viper", _VIPER.replace('\tviper.SetEnvKeyReplacer(strings.NewReplacer(".", "_"))\n', '')),
         kind='web', start='./out'),
    case('go-port-by-configor', _tree("github.com/jinzhu/configor", _CONFIGOR),
         kind='web', start='SHOP_SERVER_PORT=$PORT ./out', port=8080),
    case('go-port-by-configor-without-a-prefix', _tree("github.com/jinzhu/configor", _CONFIGOR.replace('ENVPrefix: "SHOP"', '')),
         kind='web', start='./out'),
    case('go-port-by-a-computed-default', _tree("flag", _PLAIN, more="os"),
         kind='web', start='./out --port=$PORT', port=8080),
    case('go-port-by-pflag-under-the-name-of-flag', {name: text.replace('\t"github.com/spf13/pflag"', '\tflag "github.com/spf13/pflag"') for name, text in _tree("github.com/spf13/pflag", _ALIAS).items()},
         kind='web', start='./out --addr=0.0.0.0:$PORT', port=8090),
    case('go-port-by-flag-with-one-dash', _tree("flag", _ALIAS),
         kind='web', start='./out -addr=0.0.0.0:$PORT', port=8090),
    case('go-port-by-exporters-toolkit', _tree("github.com/alecthomas/kingpin/v2", _TOOLKIT, more="github.com/prometheus/exporter-toolkit/web/kingpinflag"),
         kind='web', start='./out --web.listen-address=0.0.0.0:$PORT', port=9117),
    case('go-port-by-a-tagged-variable', _tree("github.com/caarlos0/env/v11", _TAG),
         kind='web', start='STORE_HTTP_PORT=$PORT ./out', port=8085),
    case('go-two-ports-by-tagged-variables', _tree("github.com/caarlos0/env/v11", _TAG.replace('SMTP_PORT', 'WEB_PORT')),
         kind='web', start='./out'),
    case('go-port-by-a-constant-variable', _tree("os", _CONSTANT),
         kind='web', start='STORE_SERVER_PORT=$PORT ./out', port=8080),
    case('go-port-by-the-modules-variable', _tree("os", _MODULE),
         kind='web', start='SHOP_PORT=:$PORT ./out', port=9090),
    case('go-port-of-another-service', _tree("os", _MODULE.replace('SHOP_PORT', 'BILLING_PORT')),
         kind='web', start='./out'),
    case('go-port-fixed-beside-anothers-variable', _tree("os", _MODULE.replace('serve(getenv("SHOP_PORT", ":9090"))', 'call(getenv("STORE_APP_PORT", "9090"))\n\thttp.ListenAndServe(":8000", nil)')),
         kind='web', start='./out', port=8000),
]  # fmt: skip
