export {
  addFieldToModel,
  alterField,
  dropFieldFromModel,
  renameField,
  type AlterFieldOptions,
  type DropFieldOptions,
} from './fields';
export { addIndex, dropIndex } from './indexes';
export { createModel, createModels, dropModel, renameModel, type DropModelOptions } from './models';
