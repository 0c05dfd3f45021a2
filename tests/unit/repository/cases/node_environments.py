"""Node: the whole environment under a module's name, classes whose fields are checked."""

import json

from cases import case, demands

# ruff: noqa: E501 - a tree a line
TREE = {
    "package-lock.json": '{"lockfileVersion":3}',
    "package.json": json.dumps(
        {
            "name": "desk",
            "private": True,
            "scripts": {"start": "node server.js"},
            "dependencies": {"express": "4", "pg": "8", "class-validator": "0.14"},
        }
    ),
    "server.js": "const app = require('express')()\napp.get('/', (req, res) => res.send('hello'))\napp.listen(process.env.PORT || 3000)\n",
}
CHECKED = "import { IsNotEmpty, IsOptional, IsUrl, IsString } from 'class-validator'\n"

CASES = [
    case(
        "a module exports the environment, and a class checks its fields",
        {
            **TREE,
            "lib/surroundings.ts": "import 'dotenv/config'\n\nexport default process.env\n",
            "lib/settings.ts": "import given from './surroundings'\n"
            + CHECKED
            + "export class Settings {\n  @IsNotEmpty()\n  @IsUrl({ protocols: ['postgres'] })\n  public DATABASE_URL = given.DATABASE_URL ?? ''\n  ;\n  @IsNotEmpty()\n  public SIGNING_SECRET = given.SIGNING_SECRET ?? '';\n  @IsOptional()\n  @IsUrl()\n  public MIRROR_SECRET = this.text(given.MIRROR_SECRET);\n}\n",
        },
        language="node",
        needs=["postgresql"],
        need_variables={"postgresql": ("DATABASE_URL",)},
        env=demands("DATABASE_URL", "SIGNING_SECRET"),
    ),
    case(
        "another module of the same kind is no environment",
        {
            **TREE,
            "lib/surroundings.ts": "export default { SIGNING_SECRET: 'none' }\n",
            "lib/settings.ts": "import given from './surroundings'\nexport const secret = given.SIGNING_SECRET\n",
        },
        language="node",
        env=demands(),
    ),
    case(
        "a class stands for the environment that it is made of",
        {
            **TREE,
            "lib/validation.ts": "import { plainToInstance } from 'class-transformer'\n"
            + CHECKED
            + "export class EnvironmentVariables {\n  @IsNotEmpty()\n  @IsUrl({ protocols: ['postgres'] }, { message: 'a URL (of PostgreSQL)' })\n  DATABASE_URL: string;\n\n  @IsOptional()\n  @IsString()\n  MAIL_DRIVER: string;\n}\nexport const validate = (config) => validateSync(plainToInstance(EnvironmentVariables, config))\n",
        },
        language="node",
        needs=["postgresql"],
        env=demands("DATABASE_URL"),
    ),
    case(
        "a class of what visitors send is no environment",
        {
            **TREE,
            "lib/note.ts": CHECKED
            + "export class Note {\n  @IsNotEmpty()\n  API_SECRET: string;\n}\n",
        },
        language="node",
        env=demands(),
    ),
]
